"""What every end-to-end suite needs: a running service, a client, a device."""
