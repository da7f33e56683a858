/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: notes of work (work.c), and the log of the
 * host (log.c).
 */
#ifndef SVNIC_CORE_WORK_H
#define SVNIC_CORE_WORK_H

#include "svnic_core_state.h"

struct svnic_core;
struct svnic_fn;

/* Work of a function, other than that of the doorbell pages. */
#define SVNIC_WORK_EVENTS	0x1	/* news, or room in the event ring */
#define SVNIC_WORK_COMMANDS	0x2	/* commands to execute */

/* log.c */
void svnic_log(struct svnic_core *core, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* work.c */
void svnic_work_add(struct svnic_core *core, struct svnic_fn *fn,
		    uint32_t work);
void svnic_work_later(struct svnic_core *core, struct svnic_fn *fn,
		      uint32_t work);
void svnic_work_received(struct svnic_core *core);

#endif /* SVNIC_CORE_WORK_H */
