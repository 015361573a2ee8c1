"""The shared library: contract, codec, runtime, policy and tracing."""
