// EventLoop: a thread that waits on epoll and runs readiness handlers, timers and Swift jobs.
