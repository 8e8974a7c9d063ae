"""Export and quantization of networks. Not imported by the runtime."""
