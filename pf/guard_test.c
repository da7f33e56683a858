// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of svnic's guard: the budget of a VF for requests and resets, and
 * the number of offences for which it is stopped.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/time64.h>

#include "guard.h"

#define SVNIC_TEST_START	(1000 * NSEC_PER_SEC)

/* As the mailbox work: wait exactly as long as the guard says. */
static u64 svnic_test_charge(struct kunit *test, struct svnic_guard *guard,
			     unsigned int cost, u64 now)
{
	u64 wait = 0;

	if (svnic_guard_charge(guard, cost, now, &wait))
		return now;
	KUNIT_EXPECT_GT(test, wait, 0);
	KUNIT_EXPECT_TRUE(test, svnic_guard_charge(guard, cost, now + wait,
						   &wait));
	return now + wait;
}

static void svnic_test_guard_rate(struct kunit *test)
{
	struct svnic_guard guard = {};
	u64 now = SVNIC_TEST_START;
	u64 wait, begin;
	unsigned int i;

	/* The requests of a driver that starts do not wait, up to a limit. */
	for (i = 0; svnic_guard_charge(&guard, SVNIC_COST_REQUEST, now, &wait);
	     i++)
		KUNIT_ASSERT_LT(test, i, 1000);
	KUNIT_EXPECT_GE(test, i, 80);
	KUNIT_EXPECT_LE(test, wait, NSEC_PER_SEC / 16);

	/* A refusal does not charge the budget. */
	begin = guard.paid_until;
	KUNIT_EXPECT_FALSE(test, svnic_guard_charge(&guard, SVNIC_COST_RESET,
						    now, &wait));
	KUNIT_EXPECT_EQ(test, guard.paid_until, begin);

	/* A flood gets the rate of the specification, and not much more. */
	begin = now;
	for (i = 0; now < begin + 10 * NSEC_PER_SEC; i++)
		now = svnic_test_charge(test, &guard, SVNIC_COST_REQUEST, now);
	KUNIT_EXPECT_GE(test, i, 160);
	KUNIT_EXPECT_LE(test, i, 1000);
}

static void svnic_test_guard_reset(struct kunit *test)
{
	struct svnic_guard guard = {};
	u64 now = SVNIC_TEST_START;
	u64 begin = now;
	unsigned int i;

	/* Resets cost more, and do not refill the budget. */
	for (i = 0; now < begin + 10 * NSEC_PER_SEC; i++)
		now = svnic_test_charge(test, &guard, SVNIC_COST_RESET, now);
	KUNIT_EXPECT_GE(test, i, 20);
	KUNIT_EXPECT_LE(test, i, 240);
}

static void svnic_test_guard_idle(struct kunit *test)
{
	struct svnic_guard guard = {};
	u64 now = SVNIC_TEST_START;
	unsigned int i, burst;
	u64 wait;

	for (burst = 0; svnic_guard_charge(&guard, 1, now, &wait); burst++)
		;
	/* A long pause refills the burst and no more. */
	now += 3600 * NSEC_PER_SEC;
	for (i = 0; svnic_guard_charge(&guard, 1, now, &wait); i++)
		;
	KUNIT_EXPECT_EQ(test, i, burst);
}

static void svnic_test_guard_judge(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_OK),
			SVNIC_OFFENCE_NONE);
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_OPCODE),
			SVNIC_OFFENCE_MALFORMED);
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_LENGTH),
			SVNIC_OFFENCE_MALFORMED);
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_PARAM),
			SVNIC_OFFENCE_MALFORMED);
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_PERM),
			SVNIC_OFFENCE_FORBIDDEN);
	/* A correct driver may get these. */
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_STATE),
			SVNIC_OFFENCE_NONE);
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_VERSION),
			SVNIC_OFFENCE_NONE);
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_LIMIT),
			SVNIC_OFFENCE_NONE);
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_IN_USE),
			SVNIC_OFFENCE_NONE);
	KUNIT_EXPECT_EQ(test, svnic_guard_judge(SVNIC_MBX_ERR_DEVICE),
			SVNIC_OFFENCE_NONE);
}

/* Number of offences until the VF is stopped, @pause apart; at most @max. */
static unsigned int svnic_test_offend(struct svnic_guard *guard,
				      enum svnic_offence offence, u64 pause,
				      unsigned int max)
{
	u64 now = SVNIC_TEST_START;
	unsigned int i;

	for (i = 1; i < max; i++) {
		if (svnic_guard_offence(guard, offence, 1, now))
			break;
		now += pause;
	}
	return i;
}

static void svnic_test_guard_offence(struct kunit *test)
{
	struct svnic_guard guard = {};
	unsigned int messages, queues;

	messages = svnic_test_offend(&guard, SVNIC_OFFENCE_MALFORMED,
				     NSEC_PER_SEC / 64, 10000);
	KUNIT_EXPECT_GE(test, messages, 100);
	KUNIT_EXPECT_LE(test, messages, 640);
	/* The answer stays the same until svnic_guard_stop(). */
	KUNIT_EXPECT_TRUE(test, svnic_guard_offence(&guard,
						    SVNIC_OFFENCE_MALFORMED, 1,
						    SVNIC_TEST_START));
	svnic_guard_stop(&guard, SVNIC_TEST_START);
	KUNIT_EXPECT_FALSE(test, svnic_guard_offence(&guard,
						     SVNIC_OFFENCE_MALFORMED,
						     1, SVNIC_TEST_START));

	/* Stopped queues have more points. */
	guard = (struct svnic_guard){};
	queues = svnic_test_offend(&guard, SVNIC_OFFENCE_QUEUE,
				   NSEC_PER_SEC / 64, 10000);
	KUNIT_EXPECT_LT(test, queues, messages);
	/* A large number at once does not overflow. */
	guard = (struct svnic_guard){};
	KUNIT_EXPECT_TRUE(test, svnic_guard_offence(&guard, SVNIC_OFFENCE_QUEUE,
						    U32_MAX,
						    SVNIC_TEST_START));

	/* Occasional offences never stop a VF. */
	guard = (struct svnic_guard){};
	KUNIT_EXPECT_EQ(test, svnic_test_offend(&guard, SVNIC_OFFENCE_MALFORMED,
						NSEC_PER_SEC / 8, 10000),
			10000);
	guard = (struct svnic_guard){};
	KUNIT_EXPECT_EQ(test, svnic_test_offend(&guard, SVNIC_OFFENCE_QUEUE,
						NSEC_PER_SEC, 10000), 10000);
	/* Nor do requests that are no offence, in any number. */
	guard = (struct svnic_guard){};
	KUNIT_EXPECT_EQ(test, svnic_test_offend(&guard, SVNIC_OFFENCE_NONE, 0,
						10000), 10000);
	guard = (struct svnic_guard){};
	KUNIT_EXPECT_EQ(test, svnic_test_offend(&guard, SVNIC_OFFENCE_FORBIDDEN,
						0, 10000), 10000);
}

static void svnic_test_guard_stop(struct kunit *test)
{
	struct svnic_guard guard = {};
	u64 now = SVNIC_TEST_START;
	u64 pause, last = 0;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, svnic_guard_pause(&guard, 0), 0);
	KUNIT_EXPECT_EQ(test, svnic_guard_pause(&guard, now), 0);

	/* The first pause is short, since the next tenant may be new. */
	svnic_guard_stop(&guard, now);
	pause = svnic_guard_pause(&guard, now);
	KUNIT_EXPECT_LE(test, pause, 2 * NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, svnic_guard_pause(&guard, now + pause - 1), 1);
	KUNIT_EXPECT_EQ(test, svnic_guard_pause(&guard, now + pause), 0);

	/* The pause grows with each stop, up to a limit. */
	for (i = 0; i < 100; i++) {
		pause = svnic_guard_pause(&guard, now);
		KUNIT_ASSERT_GT(test, pause, 0);
		KUNIT_ASSERT_LE(test, pause, 64 * NSEC_PER_SEC);
		KUNIT_ASSERT_GE(test, pause, min(2 * last, 64 * NSEC_PER_SEC));
		last = pause;
		now += pause + NSEC_PER_SEC;
		svnic_guard_stop(&guard, now);
	}
	KUNIT_EXPECT_EQ(test, last, 64 * NSEC_PER_SEC);

	/* Only time and the administrator shorten it again. */
	now += 3600 * NSEC_PER_SEC;
	svnic_guard_stop(&guard, now);
	KUNIT_EXPECT_LE(test, svnic_guard_pause(&guard, now), 2 * NSEC_PER_SEC);
	svnic_guard_stop(&guard, now);
	svnic_guard_stop(&guard, now);
	svnic_guard_clear(&guard);
	KUNIT_EXPECT_EQ(test, svnic_guard_pause(&guard, now), 0);
	svnic_guard_stop(&guard, now);
	KUNIT_EXPECT_LE(test, svnic_guard_pause(&guard, now), 2 * NSEC_PER_SEC);
}

static struct kunit_case svnic_guard_cases[] = {
	KUNIT_CASE(svnic_test_guard_rate),
	KUNIT_CASE(svnic_test_guard_reset),
	KUNIT_CASE(svnic_test_guard_idle),
	KUNIT_CASE(svnic_test_guard_judge),
	KUNIT_CASE(svnic_test_guard_offence),
	KUNIT_CASE(svnic_test_guard_stop),
	{}
};

static struct kunit_suite svnic_guard_suite = {
	.name		= "svnic_guard",
	.test_cases	= svnic_guard_cases,
};

kunit_test_suite(svnic_guard_suite);

MODULE_DESCRIPTION("KUnit tests of the SV-NIC PF driver's guard");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
