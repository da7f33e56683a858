/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fuzzer "state": lists of struct svnic_tlv, right and wrong */
#ifndef FUZZ_STATE_H
#define FUZZ_STATE_H

#include "core.h"

#define STATE_MAX	8192

/**
 * struct state - the state of a VF
 * @len: length in bytes
 * @data: a list of struct svnic_tlv, or anything else
 */
struct state {
	size_t		len;
	uint8_t		data[STATE_MAX];
};

/* Changes a state as the input says; half of the changes keep the list. */
void state_edit(struct input *in, struct state *state);

#endif /* FUZZ_STATE_H */
