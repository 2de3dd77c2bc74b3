"""In the processes of the stand-in's server that run foreachBatch functions: call back at once, and refuse there, too.

Spark gives such a process ten seconds from its start to its call (PythonWorkerFactory), and most of a second or two goes
into imports; on a machine that is busy that is not enough. So the call comes first here.
"""

import os
import socket
import sys

if "pyspark.sql.connect.streaming.worker.foreach_batch_worker" in sys.orig_argv:
    _connection = socket.create_connection(("127.0.0.1", int(os.environ["PYTHON_WORKER_FACTORY_PORT"])))

    import contextlib

    from pyspark import util, worker_util
    from pyspark.serializers import write_int
    from pyspark.sql.connect.client import core
    from standin.refusing import Refusing

    @contextlib.contextmanager
    def _called(timeout=None):
        with _connection.makefile("rwb", 65536) as file:
            util._do_server_auth(file, os.environ["PYTHON_WORKER_FACTORY_SECRET"])
            write_int(os.getpid(), file)
            file.flush()
            yield file

    class _Channel(core.DefaultChannelBuilder):
        def toChannel(self):
            self.add_interceptor(Refusing("worker", os.environ["STANDIN_VOLUMES"]))
            return super().toChannel()

    worker_util.get_sock_file_to_executor = _called
    core.DefaultChannelBuilder = _Channel
