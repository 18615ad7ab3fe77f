"""A stand-in for AWS Systems Manager: the SSM API and its data channel, on this machine alone.

It exists so that real clients can be driven end to end without an AWS account, and so that a
changed byte is noticed: the signature of every request is verified against a known secret.
It decides nothing about policy; that is the gateway's part. Standard library only.
"""
