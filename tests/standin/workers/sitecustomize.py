"""In the processes of the stand-in's server that run foreachBatch functions: call back at once, and refuse there, too.

Spark gives such a process ten seconds from its start to its call, and ten more to say who it is (PythonWorkerFactory and
SocketAuthHelper); a second or two of that goes into imports, and on a machine that is busy it is not enough. So both come
first here, before any import.
"""

import os
import socket
import struct
import sys

if "pyspark.sql.connect.streaming.worker.foreach_batch_worker" in sys.orig_argv:
    _connection = socket.create_connection(("127.0.0.1", int(os.environ["PYTHON_WORKER_FACTORY_PORT"])))
    _file = _connection.makefile("rwb", 65536)
    _secret = os.environ["PYTHON_WORKER_FACTORY_SECRET"].encode()
    _file.write(struct.pack("!i", len(_secret)) + _secret)
    _file.flush()
    if _file.read(6) != struct.pack("!i", 2) + b"ok":
        sys.exit("the server does not know this worker")
    _file.write(struct.pack("!i", os.getpid()))
    _file.flush()

    import contextlib

    from pyspark import worker_util
    from pyspark.sql.connect.client import core
    from standin.refusing import Refusing

    @contextlib.contextmanager
    def _called(timeout=None):
        with _file:
            yield _file

    class _Channel(core.DefaultChannelBuilder):
        def toChannel(self):
            self.add_interceptor(Refusing("worker", os.environ["STANDIN_VOLUMES"]))
            return super().toChannel()

    worker_util.get_sock_file_to_executor = _called
    core.DefaultChannelBuilder = _Channel
