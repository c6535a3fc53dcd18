"""The GMC's web service: request, reply and client. Beside the simulator, nothing else in the product speaks SOAP."""
