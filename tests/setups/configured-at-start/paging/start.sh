#!/bin/sh
envsubst < /routing.template.yml > /routing.yml
exec /bin/alertmanager "$@"
