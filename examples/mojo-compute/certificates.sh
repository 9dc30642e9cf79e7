#!/bin/sh
# Make a certificate authority of your own, and a certificate for the proxy on this machine: certs/ca.pem, server.pem
# and server.key. Run it again to renew them. Where you have a certificate already, put it there instead.
set -eu
umask 077
mkdir -p certs
cd certs
printf '*\n' > .gitignore

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
  -subj "/CN=Mojo compute CA" -addext "keyUsage=critical,keyCertSign" -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
  -subj "/CN=Mojo compute metrics" -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 397 -extfile server.ext -out server.pem
rm -f server.csr server.ext
