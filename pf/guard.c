// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: limits for VFs that send too many requests or misbehave (spec 8.2).
 * Accesses no register, takes no lock and reads no clock.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "guard.h"

/*
 * The budget of a VF. The burst is for a driver that starts and requests a
 * filter for each of its VLANs. The specification requires at least 16 requests
 * per second.
 */
#define SVNIC_BUDGET_RATE	64	/* tokens per second */
#define SVNIC_BUDGET_BURST	128

/* A VF is stopped when it collects so many points in a window. */
#define SVNIC_OFFENCE_WINDOW	(10 * NSEC_PER_SEC)
#define SVNIC_OFFENCE_POINTS	200

/*
 * Points of offences that no correct driver commits, whatever its user and the
 * administrator configure. A queue that stops has more points than a message,
 * because it costs the device more than a message costs the PF.
 */
static const u32 svnic_offence_points[SVNIC_OFFENCES] = {
	[SVNIC_OFFENCE_MALFORMED]	= 1,
	[SVNIC_OFFENCE_QUEUE]		= 4,
};

/*
 * A VF that was stopped is made ready again after a reset. That may be from a
 * new tenant, so the first pause is short. It is longer if the VF is soon
 * stopped again.
 */
#define SVNIC_STOP_PAUSE	NSEC_PER_SEC
#define SVNIC_STOP_DOUBLINGS	6
#define SVNIC_STOP_MEMORY	(300 * NSEC_PER_SEC)

/**
 * svnic_guard_charge - charge the budget of a VF
 * @guard: the VF's guard
 * @cost: tokens needed, SVNIC_COST_*
 * @now: current time, ns
 * @wait: time to wait if the budget does not suffice, ns
 *
 * The budget is a token bucket, stored as the time at which it will be full
 * again. A reset does not refill it, because a guest can reset its VF at any
 * time.
 *
 * Return: true if the budget sufficed and was charged.
 */
bool svnic_guard_charge(struct svnic_guard *guard, unsigned int cost, u64 now,
			u64 *wait)
{
	const u64 token = NSEC_PER_SEC / SVNIC_BUDGET_RATE;
	u64 until = max(guard->paid_until, now) + cost * token;
	u64 bound = now + SVNIC_BUDGET_BURST * token;

	if (until > bound) {
		*wait = until - bound;
		return false;
	}
	guard->paid_until = until;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_charge);

/**
 * svnic_guard_judge - kind of offence of a request that was refused
 * @status: status of the reply
 *
 * It is no offence to ask for more than there is, or before a version was
 * agreed on with a new PF driver.
 *
 * Return: kind of offence.
 */
enum svnic_offence svnic_guard_judge(enum svnic_mbx_status status)
{
	switch (status) {
	case SVNIC_MBX_ERR_OPCODE:
	case SVNIC_MBX_ERR_LENGTH:
	case SVNIC_MBX_ERR_PARAM:
		return SVNIC_OFFENCE_MALFORMED;
	case SVNIC_MBX_ERR_PERM:
		return SVNIC_OFFENCE_FORBIDDEN;
	default:
		return SVNIC_OFFENCE_NONE;
	}
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_judge);

/**
 * svnic_guard_offence - count offences of a VF
 * @guard: the VF's guard
 * @offence: kind of offence
 * @count: number of offences
 * @now: current time, ns
 *
 * Return: true if the VF has to be stopped.
 */
bool svnic_guard_offence(struct svnic_guard *guard, enum svnic_offence offence,
			 unsigned int count, u64 now)
{
	u64 points = (u64)svnic_offence_points[offence] * count;

	if (now - guard->window >= SVNIC_OFFENCE_WINDOW) {
		guard->window = now;
		guard->points = 0;
	}
	guard->points = min(guard->points + points, SVNIC_OFFENCE_POINTS);
	return points && guard->points == SVNIC_OFFENCE_POINTS;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_offence);

/**
 * svnic_guard_stop - record that a VF is stopped
 * @guard: the VF's guard
 * @now: current time, ns
 *
 * Clears the points. The number of stops, which determines the pause, is
 * cleared after some minutes without another stop.
 */
void svnic_guard_stop(struct svnic_guard *guard, u64 now)
{
	u32 doublings;

	if (now >= guard->barred_until + SVNIC_STOP_MEMORY)
		guard->stops = 0;
	doublings = min(guard->stops, SVNIC_STOP_DOUBLINGS);
	guard->barred_until = now + (SVNIC_STOP_PAUSE << doublings);
	guard->stops++;
	guard->points = 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_stop);

/**
 * svnic_guard_pause - time until a VF may be made ready
 * @guard: the VF's guard
 * @now: current time, ns
 *
 * Return: ns, 0 if it may be made ready.
 */
u64 svnic_guard_pause(const struct svnic_guard *guard, u64 now)
{
	return guard->barred_until - min(guard->barred_until, now);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_pause);

/**
 * svnic_guard_clear - clear offences and pause, by the administrator's will
 * @guard: the VF's guard
 */
void svnic_guard_clear(struct svnic_guard *guard)
{
	guard->points = 0;
	guard->stops = 0;
	guard->barred_until = 0;
}
EXPORT_SYMBOL_IF_KUNIT(svnic_guard_clear);
