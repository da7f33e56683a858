// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Start and end of a fuzzer. FUZZ_GOAL in the environment: it ends when it has
 * done this number of things of its first kind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

static uint64_t goal = UINT64_MAX;

void in_bytes(struct input *in, void *buf, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memset(buf, 0, len);
	if (n)
		memcpy(buf, in->data, n);
	in->data += n;
	in->left -= n;
}

uint8_t in8(struct input *in)
{
	uint8_t v;

	in_bytes(in, &v, sizeof(v));
	return v;
}

uint16_t in16(struct input *in)
{
	uint16_t v;

	in_bytes(in, &v, sizeof(v));
	return v;
}

uint32_t in32(struct input *in)
{
	uint32_t v;

	in_bytes(in, &v, sizeof(v));
	return v;
}

uint64_t in64(struct input *in)
{
	uint64_t v;

	in_bytes(in, &v, sizeof(v));
	return v;
}

/* run.py reads these lines. */
static void report(void)
{
	const struct tally *t;

	for (t = tallies; t->what; t++)
		fprintf(stderr, "fuzz: %llu %s\n", (unsigned long long)t->done,
			t->what);
}

void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *text = getenv("FUZZ_GOAL");

	(void)argc;
	(void)argv;
	if (text)
		goal = strtoull(text, NULL, 10);
	atexit(report);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	run_input(&in);
	if (tallies[0].done < goal)
		return 0;
	/* libFuzzer treats an exit() in here as a failure. */
	report();
	_exit(EXIT_SUCCESS);
}
