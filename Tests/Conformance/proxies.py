"""Debian's proxies between a client and a server: HTTP/2 on both sides, with TLS on both sides or on none.

Each runs in the foreground, with a configuration and files of its own; the machine's own are neither used nor changed.
"""

import pathlib

from programs import Program

# Who the servers say they are, in the certificates that come with gRPC's interop tests.
SERVER_NAME = "foo.test.google.fr"


class Credentials:
    """The test certificates of gRPC's source."""

    def __init__(self, folder):
        self.authority, self.certificate, self.key = (folder / name for name in ("ca.pem", "server1.pem", "server1.key"))


def nginx(folder, upstream, tls):
    server, location = "", f"grpc_pass grpc://127.0.0.1:{upstream};"
    if tls:
        server = f"ssl_certificate {tls.certificate}; ssl_certificate_key {tls.key};"
        location = f"""grpc_pass grpcs://127.0.0.1:{upstream}; grpc_ssl_trusted_certificate {tls.authority};
            grpc_ssl_verify on; grpc_ssl_server_name on; grpc_ssl_name {SERVER_NAME};"""
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )

    def command(port):
        configuration = folder / "nginx.conf"
        configuration.write_text(f"""
            daemon off; master_process off; pid {folder}/pid;
            events {{ worker_connections 256; }}
            http {{
              access_log off; client_max_body_size 0; {temporary}
              server {{ listen 127.0.0.1:{port} http2{" ssl" if tls else ""}; {server} location / {{ {location} }} }}
            }}""")
        return ["/usr/sbin/nginx", "-p", folder, "-c", configuration, "-e", folder / "errors"]

    return Program(command, folder)


def haproxy(folder, upstream, tls):
    front, back = "proto h2", "proto h2"
    if tls:
        both = folder / "both.pem"
        both.write_text(pathlib.Path(tls.certificate).read_text() + pathlib.Path(tls.key).read_text())
        front = f"ssl crt {both} alpn h2"
        back = f"ssl alpn h2 verify required ca-file {tls.authority} sni str({SERVER_NAME})"

    def command(port):
        configuration = folder / "haproxy.cfg"
        configuration.write_text(
            "\n".join(
                [
                    "global",
                    "  maxconn 256",
                    "defaults",
                    "  mode http",
                    "  timeout connect 10s",
                    "  timeout client 120s",
                    "  timeout server 120s",
                    "frontend clients",
                    f"  bind 127.0.0.1:{port} {front}",
                    "  default_backend servers",
                    "backend servers",
                    f"  server one 127.0.0.1:{upstream} {back}",
                    "",
                ]
            )
        )
        return ["/usr/sbin/haproxy", "-db", "-f", configuration]

    return Program(command, folder)


def nghttpx(folder, upstream, tls):
    def command(port):
        own = ["/usr/sbin/nghttpx", "--conf=/dev/null", "--single-process", "--workers=1", "--no-ocsp"]
        own += ["--accesslog-file=/dev/null", f"--errorlog-file={folder}/errors", f"--pid-file={folder}/pid"]
        if not tls:
            return [*own, f"--frontend=127.0.0.1,{port};no-tls", f"--backend=127.0.0.1,{upstream};;proto=h2"]
        own += [f"--frontend=127.0.0.1,{port}", f"--cacert={tls.authority}"]
        return [*own, f"--backend=127.0.0.1,{upstream};;proto=h2;tls;sni={SERVER_NAME}", tls.key, tls.certificate]

    return Program(command, folder)


PROXIES = {"nginx": nginx, "haproxy": haproxy, "nghttpx": nghttpx}
