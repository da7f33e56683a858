// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run commands in a guest, over vsock.
 *
 *	labexec agent PORT                      in the guest: serve endlessly
 *	labexec [-i] [-w SEC] [-p PID] CID PORT CMD [ARG...]
 *
 * The second form runs CMD in the guest, relays its output as it comes and
 * exits with its status (255: no guest to talk to). -i forwards standard input,
 * -w keeps trying to connect for SEC seconds, and gives up when the process
 * PID is gone.
 *
 * It is in C because a test calls it hundreds of times on an emulated CPU,
 * where an interpreter takes most of a second to start.
 *
 * Wire format, both ways: frames of an 8 byte header and a payload. The first
 * frame holds the argument vector, each string with its terminating NUL.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#define CHUNK		65536
#define MAX_ARGS	4096
#define NO_GUEST	255

enum frame_type {
	FRAME_ARGV = 1,
	FRAME_STDIN,		/* empty: end of file */
	FRAME_STDOUT,
	FRAME_STDERR,
	FRAME_EXIT,		/* payload: the exit status, one byte */
};

struct frame {
	uint32_t type;
	uint32_t len;
};

static char buf[CHUNK];

static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}

static int read_all(int fd, void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}

static int send_frame(int fd, uint32_t type, const void *data, uint32_t len)
{
	struct frame f = { .type = type, .len = len };

	if (write_all(fd, &f, sizeof(f)))
		return -1;
	return write_all(fd, data, len);
}

/* Reads one frame's payload into buf; its length, or -1. */
static int recv_frame(int fd, uint32_t *type)
{
	struct frame f;

	if (read_all(fd, &f, sizeof(f)) || f.len > sizeof(buf) ||
	    read_all(fd, buf, f.len))
		return -1;
	*type = f.type;
	return f.len;
}

/* Relay the data of fd as frames of one type; -1 at its end. */
static int relay(int fd, int sock, uint32_t type)
{
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0)
		return -1;
	return send_frame(sock, type, buf, n);
}

/* ---- the agent ---- */

static pid_t spawn(int len, int io[3])
{
	int in[2], out[2], err[2], n = 0;
	char *argv[MAX_ARGS + 1];
	sigset_t none;
	pid_t pid;

	for (char *p = buf; p < buf + len && n < MAX_ARGS; p += strlen(p) + 1)
		argv[n++] = p;
	argv[n] = NULL;
	if (!n || buf[len - 1] || pipe2(in, O_CLOEXEC) ||
	    pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return -1;

	pid = fork();
	if (!pid) {
		setsid();
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		execvp(argv[0], argv);
		dprintf(2, "%s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	io[0] = in[1];
	io[1] = out[0];
	io[2] = err[0];
	fcntl(io[1], F_SETFL, O_NONBLOCK);
	fcntl(io[2], F_SETFL, O_NONBLOCK);
	return pid;
}

/* The remaining output of the command in its pipes, but not of its children. */
static void drain(int sock, const int io[3])
{
	for (int i = 1; i < 3; i++) {
		ssize_t n;

		while ((n = read(io[i], buf, sizeof(buf))) > 0)
			if (send_frame(sock, FRAME_STDOUT + i - 1, buf, n))
				return;
	}
}

/* Execute one command of one client. */
static void session(int sock)
{
	unsigned char code;
	struct pollfd p[4];
	int io[3], len, status;
	uint32_t type;
	sigset_t set;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);

	len = recv_frame(sock, &type);
	if (len <= 0 || type != FRAME_ARGV)
		return;
	pid = spawn(len, io);
	if (pid < 0)
		return;

	p[0] = (struct pollfd){ .fd = sock, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = io[1], .events = POLLIN };
	p[2] = (struct pollfd){ .fd = io[2], .events = POLLIN };
	p[3] = (struct pollfd){ .fd = signalfd(-1, &set, SFD_CLOEXEC),
				.events = POLLIN };
	for (;;) {
		if (poll(p, 4, -1) < 0)
			continue;
		for (int i = 1; i < 3; i++)
			if (p[i].revents &&
			    relay(p[i].fd, sock, FRAME_STDOUT + i - 1))
				p[i].fd = -1;
		if (p[0].revents) {
			len = recv_frame(sock, &type);
			if (len < 0) {		/* the client went away */
				kill(-pid, SIGKILL);
				return;
			}
			if (type == FRAME_STDIN && io[0] >= 0 &&
			    (!len || write_all(io[0], buf, len))) {
				close(io[0]);
				io[0] = -1;
			}
		}
		if (p[3].revents && waitpid(pid, &status, WNOHANG) == pid)
			break;
	}
	drain(sock, io);
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	send_frame(sock, FRAME_EXIT, &code, 1);
}

static int agent(unsigned int port)
{
	struct sockaddr_vm addr = { .svm_family = AF_VSOCK,
				    .svm_cid = VMADDR_CID_ANY,
				    .svm_port = port };
	int sock = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	signal(SIGCHLD, SIG_IGN);
	if (sock < 0 || bind(sock, (void *)&addr, sizeof(addr)) ||
	    listen(sock, 64)) {
		perror("labexec: agent");
		return 1;
	}
	for (;;) {
		int conn = accept4(sock, NULL, NULL, SOCK_CLOEXEC);

		if (conn < 0)
			continue;
		if (!fork()) {
			close(sock);
			session(conn);
			_exit(0);
		}
		close(conn);
	}
}

/* ---- the client ---- */

static int dial(unsigned int cid, unsigned int port, int seconds, pid_t pid)
{
	struct sockaddr_vm addr = { .svm_family = AF_VSOCK, .svm_cid = cid,
				    .svm_port = port };
	time_t end = time(NULL) + seconds;

	for (;;) {
		int sock = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (!connect(sock, (void *)&addr, sizeof(addr)))
			return sock;
		if (time(NULL) >= end || (pid && kill(pid, 0))) {
			fprintf(stderr, "labexec: guest %u: %s\n", cid,
				strerror(errno));
			return -1;
		}
		close(sock);
		usleep(50000);
	}
}

static int client(int sock, char **argv, int forward)
{
	struct pollfd p[2] = {
		{ .fd = sock, .events = POLLIN },
		{ .fd = forward ? 0 : -1, .events = POLLIN },
	};
	size_t len = 0;
	uint32_t type;

	for (; *argv; argv++) {
		size_t n = strlen(*argv) + 1;

		if (len + n > sizeof(buf)) {
			fprintf(stderr, "labexec: too many arguments\n");
			return NO_GUEST;
		}
		memcpy(buf + len, *argv, n);
		len += n;
	}
	if (send_frame(sock, FRAME_ARGV, buf, len) ||
	    (!forward && send_frame(sock, FRAME_STDIN, NULL, 0)))
		return NO_GUEST;

	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents && relay(0, sock, FRAME_STDIN)) {
			send_frame(sock, FRAME_STDIN, NULL, 0);
			p[1].fd = -1;
		}
		if (p[0].revents) {
			int n = recv_frame(sock, &type);

			if (n < 0) {
				fprintf(stderr, "labexec: the guest is gone\n");
				return NO_GUEST;
			}
			if (type == FRAME_STDOUT)
				write_all(1, buf, n);
			else if (type == FRAME_STDERR)
				write_all(2, buf, n);
			else if (type == FRAME_EXIT && n == 1)
				return (unsigned char)buf[0];
		}
	}
}

int main(int argc, char **argv)
{
	int opt, sock, forward = 0, seconds = 0;
	pid_t pid = 0;

	if (argc == 3 && !strcmp(argv[1], "agent"))
		return agent(atoi(argv[2]));

	while ((opt = getopt(argc, argv, "+iw:p:")) != -1) {
		if (opt == 'i')
			forward = 1;
		else if (opt == 'w')
			seconds = atoi(optarg);
		else if (opt == 'p')
			pid = atoi(optarg);
		else
			return NO_GUEST;
	}
	if (argc - optind < 3) {
		fprintf(stderr, "usage: labexec [-i] [-w SEC] [-p PID] "
			"CID PORT CMD [ARG...]\n");
		return NO_GUEST;
	}
	signal(SIGPIPE, SIG_IGN);
	sock = dial(atoi(argv[optind]), atoi(argv[optind + 1]), seconds, pid);
	if (sock < 0)
		return NO_GUEST;
	return client(sock, argv + optind + 2, forward);
}
