// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: KUnit tests of the command queue, with a device in memory that may
 * lie.
 */
#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/logic_iomem.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include "libsvnic_priv.h"

#define CMDQ_START	0x5f0100000000ULL
#define CMDQ_BAR	SZ_64K
#define CMDQ_SIZE	16	/* entries of the command ring, and slots */
#define CMDQ_THREADS	(2 * CMDQ_SIZE)
#define CMDQ_MANY	1000	/* more than entries and cookies of a slot */
#define CMDQ_LIES	100	/* false answers before a true one */

struct cmdq_test;

/* A thread that executes a command. */
struct cmdq_thread {
	struct work_struct	work;
	struct cmdq_test	*ctx;
	u16			opcode;
	u32			in;
	int			err;
};

struct cmdq_test {
	struct net_device	*netdev;
	struct libsvnic_fn	*fn;
	struct workqueue_struct	*wq;
	struct work_struct	interrupt;
	struct cmdq_thread	threads[CMDQ_THREADS];
	u8			bar[CMDQ_BAR];
	bool			away;
	bool			interrupts;
	u32			prod;
	u32			events;
	struct svnic_cmd	held[CMDQ_SIZE];
	unsigned int		count;
	unsigned int		commands;
	u16			status;
	u16			lie;
	struct rnd_state	rnd;
	void			(*command)(struct cmdq_test *ctx,
					   const struct svnic_cmd *cmd);
	void			(*poll)(struct cmdq_test *ctx);
};

/* The suite's tests run one after the other. */
static struct cmdq_test *cmdq_now;

static void cmdq_event(struct cmdq_test *ctx, u16 cookie, u16 status)
{
	struct libsvnic_evq *evq = &ctx->fn->evq;
	u32 prod = ctx->events++;
	struct svnic_event *ev = &evq->ring[prod & evq->mask];

	ev->data = cpu_to_le32(cookie | (u32)status << 16);
	ev->vf = cpu_to_le16(SVNIC_EVENT_SELF);
	ev->type = SVNIC_EVENT_COMMAND;
	dma_wmb();
	WRITE_ONCE(ev->flags, prod & (evq->mask + 1) ? 0 : SVNIC_EVENT_PHASE);
}

static void *cmdq_data(struct cmdq_test *ctx, const struct svnic_cmd *cmd)
{
	return (u8 *)ctx->fn->cmdq.data + le64_to_cpu(cmd->data_addr) -
	       ctx->fn->cmdq.data_dma;
}

static u32 cmdq_bar_get(const struct cmdq_test *ctx, u32 reg)
{
	return get_unaligned_le32(&ctx->bar[reg]);
}

static void cmdq_bar_set(struct cmdq_test *ctx, u32 reg, u32 val)
{
	put_unaligned_le32(val, &ctx->bar[reg]);
}

#ifdef CONFIG_INDIRECT_IOMEM

/* The driver holds the lock of the queue, so there is one at a time. */
static void cmdq_doorbell(struct cmdq_test *ctx, u32 prod)
{
	struct svnic_cmd cmd;

	for (; ctx->prod != prod; ctx->prod++) {
		cmd = ctx->fn->cmdq.ring[ctx->prod & (CMDQ_SIZE - 1)];
		ctx->commands++;
		ctx->command(ctx, &cmd);
	}
	if (ctx->interrupts)
		queue_work(ctx->wq, &ctx->interrupt);
}

static unsigned long cmdq_read(void *priv, unsigned int offset, int size)
{
	struct cmdq_test *ctx = priv;

	if (ctx->away)
		return ~0UL;
	/* The driver looks whether the function still waits for an answer. */
	if (offset == SVNIC_REG_STATUS && ctx->poll)
		ctx->poll(ctx);
	return cmdq_bar_get(ctx, offset);
}

static void cmdq_write(void *priv, unsigned int offset, int size,
		       unsigned long val)
{
	struct cmdq_test *ctx = priv;

	if (ctx->away)
		return;
	cmdq_bar_set(ctx, offset, val);
	if (offset == SVNIC_REG_CMD_PROD)
		cmdq_doorbell(ctx, val);
}

static const struct logic_iomem_ops cmdq_ops = {
	.read	= cmdq_read,
	.write	= cmdq_write,
};

static long cmdq_map(unsigned long offset, size_t size,
		     const struct logic_iomem_ops **ops, void **priv)
{
	*ops = &cmdq_ops;
	*priv = cmdq_now;
	return 0;
}

static const struct logic_iomem_region_ops cmdq_region_ops = {
	.map	= cmdq_map,
};

static struct resource cmdq_resource = {
	.name	= "svnic_cmdq_test",
	.start	= CMDQ_START,
	.end	= CMDQ_START + CMDQ_BAR - 1,
	.flags	= IORESOURCE_MEM,
};

static int cmdq_suite_init(struct kunit_suite *suite)
{
	return logic_iomem_add_region(&cmdq_resource, &cmdq_region_ops);
}

#else

static int cmdq_suite_init(struct kunit_suite *suite)
{
	return 0;
}

#endif

/* Without interrupts the driver polls, which takes some milliseconds. */
static void cmdq_interrupt(struct work_struct *work)
{
	struct cmdq_test *ctx =
		container_of(work, struct cmdq_test, interrupt);

	libsvnic_evq_poll(ctx->fn);
}

/* A good device: the answer to a read is the opcode. */
static void cmdq_answer(struct cmdq_test *ctx, const struct svnic_cmd *cmd)
{
	if (cmd->data_len)
		put_unaligned_le32(le16_to_cpu(cmd->opcode),
				   cmdq_data(ctx, cmd));
	cmdq_event(ctx, le16_to_cpu(cmd->cookie), ctx->status);
}

/* One that does not answer. */
static void cmdq_ignore(struct cmdq_test *ctx, const struct svnic_cmd *cmd)
{
	ctx->held[ctx->count++] = *cmd;
}

static int cmdq_exec(struct cmdq_test *ctx, u16 opcode)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(opcode),
		.params	= {},
	};

	return libsvnic_cmdq_exec(ctx->fn, &cmd);
}

static int cmdq_get(struct cmdq_test *ctx, u16 opcode, u32 *val)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(opcode),
		.params	= {},
	};

	return libsvnic_cmdq_read(ctx->fn, &cmd, val, sizeof(*val));
}

/* The device has errors, and the driver has errno. */
static void status_test(struct kunit *test)
{
	static const int errors[] = {
		[SVNIC_ERR_NONE]	= 0,
		[SVNIC_ERR_FEATURES]	= -EIO,
		[SVNIC_ERR_NOT_READY]	= -EBUSY,
		[SVNIC_ERR_CONFIG]	= -EIO,
		[SVNIC_ERR_GRANT]	= -ENOSPC,
		[SVNIC_ERR_DMA]		= -EIO,
		[SVNIC_ERR_INDEX]	= -EIO,
		[SVNIC_ERR_DESC]	= -EIO,
		[SVNIC_ERR_OPCODE]	= -EOPNOTSUPP,
		[SVNIC_ERR_PARAM]	= -EINVAL,
		[SVNIC_ERR_NO_SPACE]	= -ENOSPC,
		[SVNIC_ERR_EXISTS]	= -EEXIST,
		[SVNIC_ERR_NOT_FOUND]	= -ENOENT,
		[SVNIC_ERR_STALE]	= -ESTALE,
		[SVNIC_ERR_FATAL]	= -EIO,
		[SVNIC_ERR_STOPPED]	= -EIO,
		[SVNIC_ERR_IN_USE]	= -EADDRINUSE,
	};
	struct cmdq_test *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		ctx->status = i;
		KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), errors[i]);
	}
	ctx->status = SVNIC_ERR_IN_USE + 1;
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), -EIO);
	ctx->status = U16_MAX;
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), -EIO);
	ctx->status = 0;
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), 0);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(ctx->fn->cmdq.used, CMDQ_SIZE));

	ctx->fn->features = 0;
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), -EOPNOTSUPP);
	ctx->fn->features = SVNIC_F_COMMAND;
}

/* What the device sees is what was asked for. */
static void cmdq_check(struct cmdq_test *ctx, const struct svnic_cmd *cmd)
{
	struct kunit *test = kunit_get_current_test();
	const u8 *data = cmdq_data(ctx, cmd);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, le16_to_cpu(cmd->opcode), 0x120);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(cmd->flow.index), 7);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(cmd->data_len),
			LIBSVNIC_CMDQ_DATA_LEN);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(le64_to_cpu(cmd->data_addr), 8));
	for (i = 0; i < LIBSVNIC_CMDQ_DATA_LEN; i++)
		KUNIT_EXPECT_EQ(test, data[i], (u8)(3 * i));
	cmdq_event(ctx, le16_to_cpu(cmd->cookie), ctx->status);
}

static void data_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(0x120),
		.params	= {},
	};
	u8 data[LIBSVNIC_CMDQ_DATA_LEN];
	u32 vals[4] = { 1, 2, 3, 4 };
	unsigned int i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = 3 * i;
	cmd.flow.index = cpu_to_le16(7);
	ctx->command = cmdq_check;
	KUNIT_EXPECT_EQ(test, 0, libsvnic_cmdq_write(ctx->fn, &cmd, data,
						     sizeof(data)));
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);

	/* An older device writes less, and the rest is zero. */
	ctx->command = cmdq_answer;
	KUNIT_EXPECT_EQ(test, 0, libsvnic_cmdq_read(ctx->fn, &cmd, vals,
						    sizeof(vals)));
	KUNIT_EXPECT_EQ(test, vals[0], 0x120);
	KUNIT_EXPECT_NULL(test, memchr_inv(&vals[1], 0, 12));

	/* Nothing is read if the command fails. */
	vals[0] = 5;
	ctx->status = SVNIC_ERR_PARAM;
	KUNIT_EXPECT_EQ(test, -EINVAL, libsvnic_cmdq_read(ctx->fn, &cmd, vals,
							  sizeof(vals)));
	KUNIT_EXPECT_EQ(test, vals[0], 5);
}

/* Command ring, event ring and counter of cookies wrap around. */
static void wrap_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;
	unsigned int i;
	u32 val;

	ctx->interrupts = true;
	for (i = 0; i < CMDQ_MANY; i++) {
		KUNIT_ASSERT_EQ(test, cmdq_get(ctx, i, &val), 0);
		KUNIT_ASSERT_EQ(test, val, i);
	}
	KUNIT_EXPECT_EQ(test, ctx->commands, CMDQ_MANY);
	KUNIT_EXPECT_EQ(test, cmdq_bar_get(ctx, SVNIC_REG_CMD_PROD), CMDQ_MANY);
}

/* Before the answer there are some to other commands, which never were. */
static void cmdq_liar(struct cmdq_test *ctx, const struct svnic_cmd *cmd)
{
	u16 cookie = le16_to_cpu(cmd->cookie), other;
	unsigned int i;

	for (i = 0; i < CMDQ_LIES; i++) {
		other = prandom_u32_state(&ctx->rnd);
		/* Some are of the same slot, or of the same counter. */
		if (i % 3 == 1)
			other = (other & 0xff00) | (cookie & 0xff);
		else if (i % 3 == 2)
			other = (cookie & 0xff00) | (other & 0xff);
		if (other != cookie)
			cmdq_event(ctx, other, SVNIC_ERR_FATAL);
	}
	cmdq_answer(ctx, cmd);
	/* One answer too many. */
	cmdq_event(ctx, cookie, SVNIC_ERR_FATAL);
}

static void liar_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;
	unsigned int i;
	u32 val;

	ctx->command = cmdq_liar;
	ctx->interrupts = true;
	for (i = 0; i < CMDQ_MANY; i++) {
		ctx->status = i % 2 ? SVNIC_ERR_NOT_FOUND : 0;
		KUNIT_ASSERT_EQ(test, cmdq_get(ctx, i, &val),
				i % 2 ? -ENOENT : 0);
		if (!ctx->status)
			KUNIT_ASSERT_EQ(test, val, i);
	}
	KUNIT_EXPECT_FALSE(test, test_bit(LIBSVNIC_RESET_WANTED,
					  ctx->fn->flags));
}

/* All cookies but that of the command in flight, and then that. */
static void cmdq_all(struct cmdq_test *ctx)
{
	u16 cookie = le16_to_cpu(ctx->held[0].cookie);
	struct svnic_event ev = { .type = SVNIC_EVENT_COMMAND };
	u32 other;

	ctx->poll = NULL;
	for (other = 0; other <= U16_MAX; other++) {
		if (other == cookie)
			continue;
		ev.data = cpu_to_le32(other | SVNIC_ERR_FATAL << 16);
		libsvnic_cmdq_event(ctx->fn, &ev);
	}
	cmdq_event(ctx, cookie, SVNIC_ERR_EXISTS);
}

static void cookies_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;

	ctx->command = cmdq_ignore;
	ctx->poll = cmdq_all;
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), -EEXIST);
	KUNIT_EXPECT_NULL(test, ctx->poll);
}

static void cmdq_start(struct cmdq_test *ctx)
{
	ctx->prod = 0;
	ctx->events = 0;
	ctx->count = 0;
	cmdq_bar_set(ctx, SVNIC_REG_STATUS, SVNIC_STATUS_ENABLED);
	libsvnic_cmdq_start(ctx->fn);
}

/* The device is reset, and the driver too. */
static int cmdq_reset(struct cmdq_test *ctx)
{
	int err;

	libsvnic_cmdq_stop(ctx->fn);
	libsvnic_evq_stop(ctx->fn);
	err = libsvnic_evq_start(ctx->fn);
	if (!err)
		cmdq_start(ctx);
	return err;
}

/* The function is not enabled any more when the driver looks. */
static void cmdq_disabled(struct cmdq_test *ctx)
{
	cmdq_bar_set(ctx, SVNIC_REG_STATUS, 0);
}

/* The answer to a command of before the reset comes first. */
static void cmdq_late(struct cmdq_test *ctx, const struct svnic_cmd *cmd)
{
	struct kunit *test = kunit_get_current_test();

	/* The same slot. */
	KUNIT_EXPECT_EQ(test, ctx->lie & 0xff, le16_to_cpu(cmd->cookie) & 0xff);
	cmdq_event(ctx, ctx->lie, SVNIC_ERR_FATAL);
	cmdq_answer(ctx, cmd);
}

static void late_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;
	u32 val;

	ctx->command = cmdq_ignore;
	ctx->poll = cmdq_disabled;
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), -ENODEV);
	KUNIT_EXPECT_TRUE(test, test_bit(LIBSVNIC_RESET_WANTED,
					 ctx->fn->flags));
	KUNIT_EXPECT_EQ(test, cmdq_bar_get(ctx, SVNIC_REG_EVQ_SIZE), 0);
	ctx->lie = le16_to_cpu(ctx->held[0].cookie);
	ctx->poll = NULL;

	/* No commands until the reset. */
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 2), -ENODEV);
	KUNIT_EXPECT_EQ(test, cmdq_get(ctx, 2, &val), -ENODEV);
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);

	KUNIT_ASSERT_EQ(test, cmdq_reset(ctx), 0);
	ctx->command = cmdq_late;
	KUNIT_EXPECT_EQ(test, cmdq_get(ctx, 3, &val), 0);
	KUNIT_EXPECT_EQ(test, val, 3);
	KUNIT_EXPECT_EQ(test, ctx->commands, 2);
}

static void cmdq_goes(struct cmdq_test *ctx)
{
	ctx->away = true;
}

static void away_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;

	ctx->command = cmdq_ignore;
	ctx->poll = cmdq_goes;
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), -ENODEV);
	KUNIT_EXPECT_TRUE(test, test_bit(LIBSVNIC_GONE, ctx->fn->flags));
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 2), -ENODEV);
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);
}

/* A device that is there and enabled, and does not answer. */
static void timeout_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;
	unsigned long start = jiffies;

	ctx->command = cmdq_ignore;
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 1), -ENODEV);
	KUNIT_EXPECT_GE(test, jiffies - start, 5 * HZ - 1);
	KUNIT_EXPECT_TRUE(test, test_bit(LIBSVNIC_RESET_WANTED,
					 ctx->fn->flags));
	KUNIT_EXPECT_EQ(test, cmdq_bar_get(ctx, SVNIC_REG_EVQ_SIZE), 0);
	KUNIT_EXPECT_EQ(test, cmdq_exec(ctx, 2), -ENODEV);
	KUNIT_EXPECT_EQ(test, ctx->commands, 1);
}

static void cmdq_work(struct work_struct *work)
{
	struct cmdq_thread *thread =
		container_of(work, struct cmdq_thread, work);

	thread->err = cmdq_get(thread->ctx, thread->opcode, &thread->in);
}

/* Start more threads than there are slots. */
static void cmdq_threads(struct cmdq_test *ctx)
{
	struct cmdq_thread *thread;
	unsigned int i;

	for (i = 0; i < CMDQ_THREADS; i++) {
		thread = &ctx->threads[i];
		thread->ctx = ctx;
		thread->opcode = i;
		thread->in = U32_MAX;
		thread->err = 1;
		INIT_WORK(&thread->work, cmdq_work);
		queue_work(ctx->wq, &thread->work);
	}
}

/* As soon as all slots are in use: answer the last command first. */
static void cmdq_reverse(struct cmdq_test *ctx, const struct svnic_cmd *cmd)
{
	unsigned int i, j;
	u16 a, b;

	ctx->held[ctx->count++] = *cmd;
	if (ctx->count < CMDQ_SIZE)
		return;
	/* Slot and counter of different commands. */
	for (i = 0; i < CMDQ_SIZE; i++) {
		j = (i + 1) % CMDQ_SIZE;
		a = le16_to_cpu(ctx->held[i].cookie);
		b = le16_to_cpu(ctx->held[j].cookie);
		cmdq_event(ctx, (a & 0xff) | (b & 0xff00), SVNIC_ERR_FATAL);
	}
	while (ctx->count) {
		cmd = &ctx->held[--ctx->count];
		ctx->status = le16_to_cpu(cmd->opcode) % 2 ?
			      SVNIC_ERR_EXISTS : 0;
		cmdq_answer(ctx, cmd);
	}
}

/* Each thread gets the answer to its own command. */
static void threads_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;
	unsigned int i;

	ctx->command = cmdq_reverse;
	cmdq_threads(ctx);
	flush_workqueue(ctx->wq);
	for (i = 0; i < CMDQ_THREADS; i++) {
		KUNIT_EXPECT_EQ(test, ctx->threads[i].err,
				i % 2 ? -EEXIST : 0);
		KUNIT_EXPECT_EQ(test, ctx->threads[i].in, i % 2 ? U32_MAX : i);
	}
	KUNIT_EXPECT_EQ(test, ctx->commands, CMDQ_THREADS);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(ctx->fn->cmdq.used, CMDQ_SIZE));
}

/* A stop ends the wait for answers, and for slots. */
static void stop_test(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;
	unsigned int i;
	u32 val;

	ctx->command = cmdq_ignore;
	cmdq_threads(ctx);
	while (READ_ONCE(ctx->count) < CMDQ_SIZE)
		schedule_timeout_uninterruptible(1);
	libsvnic_cmdq_stop(ctx->fn);
	flush_workqueue(ctx->wq);
	for (i = 0; i < CMDQ_THREADS; i++)
		KUNIT_EXPECT_EQ(test, ctx->threads[i].err, -ENODEV);
	KUNIT_EXPECT_EQ(test, cmdq_bar_get(ctx, SVNIC_REG_CMD_SIZE), 0);
	KUNIT_EXPECT_EQ(test, ctx->commands, CMDQ_SIZE);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(ctx->fn->cmdq.used, CMDQ_SIZE));
	KUNIT_EXPECT_FALSE(test, test_bit(LIBSVNIC_RESET_WANTED,
					  ctx->fn->flags));

	KUNIT_ASSERT_EQ(test, cmdq_reset(ctx), 0);
	ctx->command = cmdq_answer;
	KUNIT_EXPECT_EQ(test, cmdq_get(ctx, 3, &val), 0);
	KUNIT_EXPECT_EQ(test, val, 3);
}

static int cmdq_init(struct kunit *test)
{
	struct libsvnic_fn *fn;
	struct cmdq_test *ctx;

	if (!IS_ENABLED(CONFIG_INDIRECT_IOMEM))
		kunit_skip(test, "needs registers that are not memory");
	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	prandom_seed_state(&ctx->rnd, 1);
	ctx->command = cmdq_answer;
	INIT_WORK(&ctx->interrupt, cmdq_interrupt);
	ctx->netdev = alloc_etherdev(sizeof(*fn));
	KUNIT_ASSERT_NOT_NULL(test, ctx->netdev);
	test->priv = ctx;
	fn = netdev_priv(ctx->netdev);
	ctx->fn = fn;
	fn->netdev = ctx->netdev;
	fn->features = SVNIC_F_COMMAND;
	fn->limits.evq_max = CMDQ_SIZE;
	fn->pdev = kunit_kzalloc(test, sizeof(*fn->pdev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fn->pdev);
	/* There is no configuration space. */
	fn->pdev->error_state = pci_channel_io_perm_failure;
	fn->pdev->dev.coherent_dma_mask = DMA_BIT_MASK(64);
	spin_lock_init(&fn->evq.lock);
	/* The work items are disabled, so requests stay pending. */
	libsvnic_reset_init(fn);
	cmdq_now = ctx;
	fn->regs = ioremap(CMDQ_START, CMDQ_BAR);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)fn->regs);
	ctx->wq = alloc_workqueue("svnic_cmdq_test", WQ_UNBOUND, CMDQ_THREADS);
	KUNIT_ASSERT_NOT_NULL(test, ctx->wq);
	cmdq_bar_set(ctx, SVNIC_REG_MAGIC, SVNIC_MAGIC);
	KUNIT_ASSERT_EQ(test, libsvnic_cmdq_init(fn), 0);
	KUNIT_ASSERT_EQ(test, fn->cmdq.size, CMDQ_SIZE);
	/* Room for false answers. */
	fn->limits.evq_max = LIBSVNIC_EVQ_SIZE;
	KUNIT_ASSERT_EQ(test, libsvnic_evq_start(fn), 0);
	cmdq_start(ctx);
	return 0;
}

static void cmdq_exit(struct kunit *test)
{
	struct cmdq_test *ctx = test->priv;

	/* It is called as well if cmdq_init() gave up. */
	if (!ctx)
		return;
	if (ctx->wq)
		flush_workqueue(ctx->wq);
	if (libsvnic_fn_is_up(ctx->fn)) {
		libsvnic_cmdq_stop(ctx->fn);
		libsvnic_evq_stop(ctx->fn);
	}
	if (ctx->fn->cmdq.ring)
		libsvnic_cmdq_free(ctx->fn);
	if (ctx->wq)
		destroy_workqueue(ctx->wq);
	if (ctx->fn->regs)
		iounmap(ctx->fn->regs);
	free_netdev(ctx->netdev);
}

static struct kunit_case libsvnic_cmdq_cases[] = {
	KUNIT_CASE(status_test),
	KUNIT_CASE(data_test),
	KUNIT_CASE(wrap_test),
	KUNIT_CASE(liar_test),
	KUNIT_CASE(cookies_test),
	KUNIT_CASE(late_test),
	KUNIT_CASE(away_test),
	KUNIT_CASE_SLOW(timeout_test),
	KUNIT_CASE(threads_test),
	KUNIT_CASE(stop_test),
	{}
};

static struct kunit_suite libsvnic_cmdq_suite = {
	.name		= "libsvnic_cmdq",
	.suite_init	= cmdq_suite_init,
	.init		= cmdq_init,
	.exit		= cmdq_exit,
	.test_cases	= libsvnic_cmdq_cases,
};

kunit_test_suite(libsvnic_cmdq_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_IMPORT_NS("LIBSVNIC");
MODULE_DESCRIPTION("KUnit tests of libsvnic's command queue");
MODULE_LICENSE("GPL");
