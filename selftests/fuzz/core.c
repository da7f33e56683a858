// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzer of the whole reference NIC with a hostile guest. Frames of its
 * neighbours must arrive, and their memory must not be accessed.
 */
#include "core.h"

#define TALK_EVERY	64	/* actions */

struct tally tallies[] = {
	[DONE_DESCRIPTORS] = { .what = "descriptors" },
	[DONE_MESSAGES] = { .what = "mailbox messages" },
	{ 0 },
};

static void neighbours_talk(void)
{
	h->wire_room = ~0u;
	svnic_core_set_link(h->core, true);
	run();
	pf_serve();
	net_drain_wire();
	net_talk(NEIGHBOUR, 0);
	net_talk(0, NEIGHBOUR);
}

void run_input(struct input *in)
{
	struct svnic_core_config config = host_config();
	uint8_t first = in8(in);
	unsigned int i;

	config.vf_max = 2;
	config.wire_gso = first & 1;
	config.wire_csum = first & 3;
	hostile = GUEST;
	net_start(&config, first & 4 ? SVNIC_F_EVENT_IDX : 0);
	pf_start();
	guest_start();
	for (i = 1; in->left; i++) {
		guest_act(in);
		run();
		pf_serve();
		net_drain(0);
		net_drain(NEIGHBOUR);
		net_drain_wire();
		if (i % TALK_EVERY == 0)
			neighbours_talk();
	}
	neighbours_talk();
}
