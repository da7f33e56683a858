/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands for flow rules and RSS contexts, of any function */
#ifndef FUZZ_FLOW_H
#define FUZZ_FLOW_H

#include <endian.h>

#include "fuzz.h"
#include "flows.h"

#define FLOW_RING_SIZE	16	/* commands, at most, of flow_post()'s rings */

/* A command that is mostly valid; its data goes to memory at @data. */
struct svnic_cmd flow_some_cmd(struct input *in, uint64_t data);
/* Function @fn, whose command ring should be at @ring, executes one. */
void flow_post(struct input *in, unsigned int fn, uint64_t ring, uint64_t data);
/* Rules and contexts of all functions are within their grants, and intact. */
void flow_check(void);
/* Changes if a rule or a context of a function does. */
uint64_t flow_digest(unsigned int fn);

#endif /* FUZZ_FLOW_H */
