"""A local emulator of API Gateway (WebSocket and HTTP), Lambda and SQS event sources for any SAM template."""
