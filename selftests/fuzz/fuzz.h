/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the fuzzers: how they read their input, count what they have done,
 * and fail. An input is a list of actions: a byte that selects one, and then
 * its parameters; at its end zeros follow. Nothing else has an influence: an
 * input that fails always fails.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

struct input {
	const uint8_t	*data;
	size_t		left;
};

uint8_t in8(struct input *in);
uint16_t in16(struct input *in);
uint32_t in32(struct input *in);
uint64_t in64(struct input *in);
void in_bytes(struct input *in, void *buf, size_t len);

/*
 * Number of things done of one kind; a fuzzer ends after enough of the first.
 */
struct tally {
	const char	*what;
	uint64_t	done;
};

extern struct tally tallies[];	/* of the fuzzer; the last has no name */

/* A mailbox message, mostly a valid one; returns its length in bytes. */
size_t message(struct input *in, uint8_t *buf);

/* An invariant is violated: end like a sanitizer, the input is kept. */
void fuzz_fail(const char *file, int line, const char *what)
	__attribute__((noreturn));

#define MUST(cond) do {							\
	if (!(cond))							\
		fuzz_fail(__FILE__, __LINE__, #cond);			\
} while (0)

void run_input(struct input *in);	/* of the fuzzer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* FUZZ_H */
