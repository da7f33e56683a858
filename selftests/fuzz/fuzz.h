/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzzers share: how they take their input apart, how they count what
 * they have done, how they fail.
 *
 * An input is a list of actions, a byte that names one and then what it
 * needs; where it ends, zeros follow. Nothing else decides what happens: an
 * input that fails once fails again.
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

/* Things done of one kind; a fuzzer ends when enough were of the first. */
struct tally {
	const char	*what;
	uint64_t	done;
};

extern struct tally tallies[];	/* of the fuzzer; the last has no name */

/* A mailbox message of the bytes it returns, more often right than wrong. */
size_t message(struct input *in, uint8_t *buf);

/* An invariant does not hold: end like a sanitizer, the input is kept. */
void fuzz_fail(const char *file, int line, const char *what)
	__attribute__((noreturn));

#define MUST(cond) do {							\
	if (!(cond))							\
		fuzz_fail(__FILE__, __LINE__, #cond);			\
} while (0)

void run_input(struct input *in);	/* of the fuzzer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* FUZZ_H */
