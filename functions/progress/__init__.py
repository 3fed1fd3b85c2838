"""The heart: jobs, the connections that watch them, and the frames between the two.

It knows nothing of what a job is about. Handlers join it with the package that does.

    clock       the time, in the two units that the system uses
    settings    what the environment says
    aws         boto3 clients, made once per execution environment
    table       one DynamoDB table: typed items, TTL filter
    job         a job in words: its life, its items, what it has shown
    inputs      what a job is given, in rows of its own
    jobs        the durable record of jobs: counts, states, results
    connections who is connected, and which jobs they watch
    protocol    the frames, both ways
    push        post-to-connection: who is gone, who is slow
    stream      commits a state and shows it to all watchers; snapshots for new ones
    reporter    coalesces a worker's progress into few frames
    chunks      works through a chunk of items, each counted once
    unfolding   finds out what a job is made of, where its request could not tell
    consumer    the SQS half of a worker
    watchdog    looks after a job until it ends
    queues      the messages: chunks to work on, jobs to look after
    lifecycle   start, launch, finish, cancel
    jobid       ids of jobs
    identity    who a request comes from
    tracing     W3C trace context
    log         the logger and the metrics
    problems    what goes wrong, as RFC 9457 problem details
    bodies      what the HTTP half answers
    http        the HTTP half: routing, problem+json
    starting    the answer to a request that starts a job
    wiring      puts the real parts together
"""
