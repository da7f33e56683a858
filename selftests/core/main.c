// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs the tests and prints TAP. Arguments: parts of names of tests to run. */
#include <setjmp.h>
#include <stdlib.h>

#include "test.h"

static const struct {
	const char		*name;
	const struct test	*tests;
} groups[] = {
	{ "regs", regs_tests },
	{ "queue", queue_tests },
	{ "tx", tx_tests },
	{ "tx", tx_bad_tests },
	{ "rx", rx_tests },
	{ "tso", tso_tests },
	{ "tunnel", tunnel_tests },
	{ "offload", offload_tests },
	{ "rss", rss_tests },
	{ "flow", flow_tests },
	{ "flow", flow_action_tests },
	{ "flow", flow_cmd_tests },
	{ "port", port_tests },
	{ "switch", switch_tests },
	{ "vlan", vlan_tests },
	{ "tags", tags_tests },
	{ "event", event_tests },
	{ "irq", irq_tests },
	{ "irq", moderation_tests },
	{ "order", order_tests },
	{ "admin", admin_tests },
	{ "admin", filter_tests },
	{ "mbx", mbx_tests },
	{ "command", command_tests },
	{ "save", save_tests },
	{ "save", save_flow_tests },
	{ "reset", reset_tests },
	{ "fault", fault_tests },
	{ "stats", stats_tests },
	{ "rate", rate_tests },
	{ "rate", rate_set_tests },
	{ "cost", cost_tests },
	{ "stress", stress_tests },
};

#define GROUPS	(sizeof(groups) / sizeof(groups[0]))

static jmp_buf failed;

void check_failed(const char *file, int line, const char *what)
{
	printf("# %s:%d: %s\n", file, line, what);
	longjmp(failed, 1);
}

void check_differ(const char *file, int line, const char *what,
		  unsigned long long got, unsigned long long want)
{
	printf("# %s:%d: %s is %llu (%#llx), not %llu (%#llx)\n", file, line,
	       what, got, got, want, want);
	longjmp(failed, 1);
}

static bool run_one(const struct test *test)
{
	if (setjmp(failed)) {
		host_free();
		return false;
	}
	rnd_seed(1);
	test->run();
	if (h && h->violations)
		check_differ(__FILE__, __LINE__, "violations", h->violations,
			     0);
	host_free();
	return true;
}

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	unsigned int g, n = 0, bad = 0, plan = 0;
	const struct test *test;
	char name[128];
	bool list;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (list = true; ; list = false) {
		for (g = 0; g < GROUPS; g++) {
			for (test = groups[g].tests; test->name; test++) {
				snprintf(name, sizeof(name), "%s.%s",
					 groups[g].name, test->name);
				if (!wanted(name, argc, argv))
					continue;
				if (list) {
					plan++;
					continue;
				}
				n++;
				if (run_one(test)) {
					printf("ok %u %s\n", n, name);
				} else {
					printf("not ok %u %s\n", n, name);
					bad++;
				}
			}
		}
		if (!list)
			break;
		printf("TAP version 13\n1..%u\n", plan);
	}
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
