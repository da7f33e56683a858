// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: vports in the order of a number, as a wheel of slots. A
 * vport whose number is beyond the last slot waits in the last slot, and is
 * added again when that is served. So the work does not depend on the number of
 * vports. In a slot, vports are served in the order in which they were added.
 */
#include "svnic_core_priv.h"

/* Number of slots from the wheel's position to the first used one. */
static unsigned int svnic_wheel_ahead(const struct svnic_wheel *wheel)
{
	unsigned int turn = wheel->pos % SVNIC_WHEEL_SLOTS;
	uint64_t used = wheel->used;

	if (turn)
		used = used >> turn | used << (SVNIC_WHEEL_SLOTS - turn);
	return __builtin_ctzll(used);
}

/* @at: number of the slot; if it is behind the wheel, it is served at once. */
void svnic_wheel_add(struct svnic_wheel *wheel, struct svnic_node *node,
		     uint64_t at)
{
	uint64_t ahead = at > wheel->pos ? at - wheel->pos : 0;
	struct svnic_node *first;

	if (ahead >= SVNIC_WHEEL_SLOTS)
		ahead = SVNIC_WHEEL_SLOTS - 1;
	node->at = at;
	node->wheel = wheel;
	node->slot = (wheel->pos + ahead) % SVNIC_WHEEL_SLOTS;
	first = wheel->slot[node->slot];
	if (first) {
		node->next = first;
		node->prev = first->prev;
		first->prev->next = node;
		first->prev = node;
		return;
	}
	node->next = node;
	node->prev = node;
	wheel->slot[node->slot] = node;
	wheel->used |= 1ULL << node->slot;
}

void svnic_wheel_del(struct svnic_node *node)
{
	struct svnic_wheel *wheel = node->wheel;

	node->wheel = NULL;
	if (node->next == node) {
		wheel->slot[node->slot] = NULL;
		wheel->used &= ~(1ULL << node->slot);
		return;
	}
	node->next->prev = node->prev;
	node->prev->next = node->next;
	if (wheel->slot[node->slot] == node)
		wheel->slot[node->slot] = node->next;
}

/*
 * Removes and returns the first node whose slot is not after @last, or NULL if
 * there is none.
 */
struct svnic_node *svnic_wheel_pop(struct svnic_wheel *wheel, uint64_t last)
{
	struct svnic_node *node;
	uint64_t at;

	while (wheel->used) {
		at = wheel->pos + svnic_wheel_ahead(wheel);
		if (at > last)
			return NULL;
		wheel->pos = at;
		node = wheel->slot[at % SVNIC_WHEEL_SLOTS];
		svnic_wheel_del(node);
		if (node->at <= at)
			return node;
		svnic_wheel_add(wheel, node, node->at);
	}
	return NULL;
}

/* Number of the first used slot, UINT64_MAX if there is none. */
uint64_t svnic_wheel_next(const struct svnic_wheel *wheel)
{
	return wheel->used ? wheel->pos + svnic_wheel_ahead(wheel) : UINT64_MAX;
}
