// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: whose turn it is to send. Queues with frames stand in one
 * line and get a quantum each; the cost of a choice does not depend on how
 * many there are. Weights and rates of section 10 belong here.
 */
#include "svnic_core_priv.h"

/* Octets of frames after which a queue's turn ends. */
#define SVNIC_QUANTUM		(128 * 1024)

static void svnic_sched_append(struct svnic_qp **head, struct svnic_qp **tail,
			       struct svnic_qp *qp)
{
	qp->ready_next = NULL;
	qp->on_ready = true;
	if (*head)
		(*tail)->ready_next = qp;
	else
		*head = qp;
	*tail = qp;
}

void svnic_sched_ready(struct svnic_core *core, struct svnic_qp *qp)
{
	if (!qp->on_ready)
		svnic_sched_append(&core->ready_head, &core->ready_tail, qp);
}

/* The frame at the head of @qp goes to the wire, which is busy. */
void svnic_sched_wait_wire(struct svnic_core *core, struct svnic_qp *qp)
{
	qp->blocked = true;
	svnic_sched_append(&core->waiting_head, &core->waiting_tail, qp);
}

/* The wire may have room again: who waited comes first. */
void svnic_sched_wire_free(struct svnic_core *core)
{
	if (!core->waiting_head)
		return;
	core->waiting_tail->ready_next = core->ready_head;
	if (!core->ready_head)
		core->ready_tail = core->waiting_tail;
	core->ready_head = core->waiting_head;
	core->waiting_head = NULL;
	core->waiting_tail = NULL;
}

struct svnic_qp *svnic_sched_next(struct svnic_core *core)
{
	struct svnic_qp *qp = core->ready_head;

	core->ready_head = qp->ready_next;
	if (!core->ready_head)
		core->ready_tail = NULL;
	qp->on_ready = false;
	return qp;
}

unsigned int svnic_sched_quantum(const struct svnic_qp *qp)
{
	(void)qp;
	return SVNIC_QUANTUM;
}
