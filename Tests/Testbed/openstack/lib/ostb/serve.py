"""Serve keystone or placement: run.py keystone HOST PORT.

waitress keeps connections alive and reads request bodies to the end, which
uwsgi's own HTTP socket does not (it resets connections now and then).
"""
import logging
import sys

import waitress

from ostb.faults import Faults


def application(name):
    if name == 'keystone':
        from keystone.server.wsgi import initialize_public_application
        return initialize_public_application()
    from placement.wsgi import init_application
    return init_application()


def main():
    name, host, port = sys.argv
    sys.argv = [name]           # the applications read sys.argv as options
    app = Faults(application(name), name)
    logging.getLogger('waitress.queue').setLevel(logging.ERROR)
    waitress.serve(app, host=host, port=int(port), threads=8, ident=None,
                   clear_untrusted_proxy_headers=True, channel_timeout=120)
