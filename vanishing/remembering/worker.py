"""The process that computes: it answers one call after the other and touches nothing else."""

import os
import pickle
import queue
import signal
import sys
import threading
import traceback
import warnings
from importlib import import_module
from io import FileIO
from pathlib import Path
from typing import Any

from vanishing.progress import observer
from vanishing.remembering import process
from vanishing.remembering.calls import directly
from vanishing.remembering.keys import code_version
from vanishing.remembering.process import Answer, Request
from vanishing.remembering.wire import Closed, begin, receive, send

IDLE = 60.0  # seconds; then the memory is given back


class _Stopped(BaseException):
    """The answer is not wanted any more."""


class Desk:
    """Take requests from one pipe and put answers into another, one at a time."""

    def __init__(self, requests: FileIO, answers: FileIO) -> None:
        """Begin to listen."""
        self._answers = answers
        self._stopped = 0
        self._waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=(requests,), daemon=True).start()

    def work(self, idle: float) -> None:
        """Answer requests until none came for ``idle`` seconds."""
        self._tell(Answer("ready", 0))
        while True:
            try:
                request = self._waiting.get(timeout=idle)
            except queue.Empty:
                return
            if request.number > self._stopped:
                self._answer(request)

    def _listen(self, requests: FileIO) -> None:
        try:
            while True:
                message = receive(requests)
                if isinstance(message, Request):
                    self._waiting.put(message)
                else:
                    self._stopped = message
        except Closed:
            os._exit(0)  # whoever asked has ended, and what is computed interests nobody

    def _answer(self, request: Request) -> None:
        number = request.number
        self._tell(Answer("started", number))
        for name in [name for name in os.environ if name.startswith("VANISHING_")]:
            del os.environ[name]
        os.environ.update(request.environment)
        sys.path[:] = request.path
        observer.set(lambda done, steps: self._report(request, done, steps))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            try:
                answer = Answer(*_computed(request))
            except _Stopped:
                return
            except BaseException as error:
                answer = Answer("raised", number, (_sendable(error), traceback.format_exc()))
        for one in caught:
            told = (_sendable(one.message), one.category, one.filename, one.lineno)
            self._tell(Answer("warned", number, told))
        self._tell(answer)

    def _report(self, request: Request, done: int, steps: int) -> None:
        if request.number <= self._stopped:
            raise _Stopped
        if request.watched:
            self._tell(Answer("progress", request.number, (done, steps)))

    def _tell(self, answer: Answer) -> None:
        try:
            send(self._answers, answer)
        except Closed:
            os._exit(0)


def _computed(request: Request) -> tuple[str, int, Any]:
    """Return the kind, the number and the content of an answer."""
    call = request.call
    file = import_module(call.module).__file__ or ""
    if (file, code_version(Path(file))) != (call.file, call.code):
        return "outdated", request.number, None
    return "result", request.number, directly(call)


def _sendable(error: Any) -> Any:
    """Return an exception that survives the way, itself wherever possible."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def main(answers: int, idle: float = IDLE) -> None:
    """Work for the process that started this one, which reads from the descriptor ``answers``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the parent, which tells what to stop
    requests, pipe = FileIO(os.dup(0), "r"), FileIO(answers, "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    process.stay_here()
    begin(pipe)
    Desk(requests, pipe).work(idle)
