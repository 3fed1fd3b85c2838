"""CloudFormation's language: how a template is written, and what its intrinsic functions give.

source       YAML and JSON, with the lines of resources
includes     AWS::Include and local DefinitionUris
extensions   AWS::LanguageExtensions
shape        whether it has the shape of a template
parameters   what its parameters are
intrinsics   every function
physical     names, ARNs and URLs of resources
cycles       references that go round
"""
