// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the whole reference NIC with a hostile guest. Frames of its
 * neighbours must arrive, and their memory must not be accessed.
 */
#include "core.h"

#define TALK_EVERY	64	/* actions */

struct tally tallies[] = {
	{ .what = "descriptors" },
	{ .what = "mailbox messages" },
	{ 0 },
};

struct tally *const descriptors = &tallies[0];
struct tally *const messages = &tallies[1];

void run_input(struct input *in)
{
	unsigned int i;

	sides_start(in8(in));
	for (i = 1; in->left; i++) {
		guest_act(in);
		pf_settle();
		if (i % TALK_EVERY == 0)
			pf_talk();
	}
	pf_talk();
}
