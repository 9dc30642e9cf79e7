#!/bin/sh
exec /bin/prometheus "$@"
