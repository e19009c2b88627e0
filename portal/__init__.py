"""The telemedicine portal: one Flask application made of contexts that meet at their front doors."""
