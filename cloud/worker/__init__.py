"""The only MQTT consumer that writes the database."""
