"""Lambda: runs each function in real runtime processes, one invocation at a time in each.

pool           invokes functions
group          the environments of one function
environment    one of them: a runtime process and the invocation that it works on
runtime_api    what the process asks and answers
process, variables, debugging    how it is started
answers, loglines                Lambda's own words
invoke_api, asynchronous, destinations    functions called by functions and by events
"""
