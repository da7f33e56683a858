// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: restart of a queue that failed. The other half of its pair and all
 * other queues are not affected (spec 4.1, 12). The function is reset only if
 * restarts do not help or the device does not answer.
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/rtnetlink.h>
#include <net/netdev_queues.h>

#include "libsvnic_priv.h"

/*
 * The first restart is immediate. If the queue fails again, the pause since its
 * last restart is 100 ms, 200 ms, 400 ms, 800 ms. After five restarts the
 * function is reset instead. The count starts again when the queue has run for
 * a minute, which is longer than the stack needs to detect a queue that sends
 * nothing.
 */
#define LIBSVNIC_RESTART_PAUSE	(HZ / 10)
#define LIBSVNIC_RESTART_MAX	5
#define LIBSVNIC_RESTART_CALM	(60 * HZ)

static_assert(LIBSVNIC_RESTART_CALM > 2 * LIBSVNIC_TX_TIMEOUT);

static bool libsvnic_restart_recent(const struct libsvnic_restarts *restarts,
				    unsigned long now)
{
	return restarts->count &&
	       time_before(now, restarts->last + LIBSVNIC_RESTART_CALM);
}

/**
 * libsvnic_restart_pause - pause before a queue that failed may be restarted
 * @restarts: earlier restarts of the queue
 * @now: jiffies
 *
 * Return: time to wait, jiffies, or -ETIME if restarts do not help.
 */
VISIBLE_IF_KUNIT long
libsvnic_restart_pause(struct libsvnic_restarts *restarts, unsigned long now)
{
	unsigned long next;

	if (!libsvnic_restart_recent(restarts, now)) {
		restarts->count = 0;
		return 0;
	}
	if (restarts->count >= LIBSVNIC_RESTART_MAX)
		return -ETIME;
	next = restarts->last +
	       (LIBSVNIC_RESTART_PAUSE << (restarts->count - 1));
	return time_before(now, next) ? next - now : 0;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_restart_pause);

static void libsvnic_restart_note(struct libsvnic_restarts *restarts)
{
	restarts->count++;
	restarts->last = jiffies;
}

/* Frames that were not sent are dropped and counted as such. */
static int libsvnic_txq_restart(struct libsvnic_fn *fn, unsigned int index)
{
	struct libsvnic_txq *tx = fn->queues->txq[index];
	int err;

	libsvnic_restart_note(&tx->restarts);
	if (!libsvnic_txq_stop(tx))
		return -EIO;
	/* No poll wakes the stack's queue after this point. */
	synchronize_net();
	libsvnic_txq_close(tx);
	libsvnic_tx_drain(tx);
	clear_bit(index, fn->tx_failed);
	err = libsvnic_txq_start(tx);
	if (err)
		return err;
	libsvnic_txq_reopen(tx);
	libsvnic_vector_kick(tx->vector);
	return 0;
}

static int libsvnic_rxq_restart(struct libsvnic_fn *fn, unsigned int index)
{
	struct libsvnic_rxq *rx = fn->queues->rxq[index];
	int err;

	libsvnic_restart_note(&rx->restarts);
	if (!libsvnic_rxq_stop(rx))
		return -EIO;
	/* No poll accesses the queue after this point. */
	synchronize_net();
	clear_bit(index, fn->rx_failed);
	err = libsvnic_rxq_start(rx);
	if (err)
		return err;
	libsvnic_vector_kick(rx->vector);
	return 0;
}

/*
 * Restart the queues of one kind that have failed and whose pause is over.
 * Returns the shortest pause of the others, jiffies, MAX_JIFFY_OFFSET if there
 * are none, or -errno if the function has to be reset.
 */
static long libsvnic_restart_all(struct libsvnic_fn *fn, bool rx)
{
	unsigned long *failed = rx ? fn->rx_failed : fn->tx_failed;
	struct libsvnic_queues *queues = fn->queues;
	long pause, soonest = MAX_JIFFY_OFFSET;
	unsigned int q;
	int err;

	for_each_set_bit(q, failed, rx ? queues->cfg.pairs : queues->txqs) {
		pause = libsvnic_restart_pause(rx ? &queues->rxq[q]->restarts :
						    &queues->txq[q]->restarts,
					       jiffies);
		if (pause < 0)
			return pause;
		soonest = min(soonest, pause ?: MAX_JIFFY_OFFSET);
		if (pause)
			continue;
		err = rx ? libsvnic_rxq_restart(fn, q) :
			   libsvnic_txq_restart(fn, q);
		if (err)
			return err;
		netdev_info(fn->netdev, "%s queue %u restarted\n",
			    rx ? "receive" : "transmit", q);
	}
	return soonest;
}

static void libsvnic_restart_work(struct work_struct *work)
{
	struct libsvnic_fn *fn =
		container_of(to_delayed_work(work), struct libsvnic_fn,
			     restart_work);
	struct net_device *netdev = fn->netdev;
	long tx, rx;

	rtnl_lock();
	netdev_lock(netdev);
	/* There are no queues, or a reset is about to replace them. */
	if (fn->state != LIBSVNIC_UP ||
	    test_bit(LIBSVNIC_RESET_WANTED, fn->flags))
		goto out;
	tx = libsvnic_restart_all(fn, false);
	rx = tx < 0 ? tx : libsvnic_restart_all(fn, true);
	if (rx < 0)
		libsvnic_reset_request(fn);
	else if (min(tx, rx) < MAX_JIFFY_OFFSET)
		schedule_delayed_work(&fn->restart_work, min(tx, rx));
out:
	netdev_unlock(netdev);
	rtnl_unlock();
}

/**
 * libsvnic_queue_failed - schedule the restart of a queue
 * @fn: function
 * @index: number of the queue
 * @rx: it is a receive queue
 *
 * Context: any.
 * Return: false if the restart was scheduled already.
 */
bool libsvnic_queue_failed(struct libsvnic_fn *fn, unsigned int index, bool rx)
{
	if (test_and_set_bit(index, rx ? fn->rx_failed : fn->tx_failed))
		return false;
	/* The work may be waiting for the pause of another queue. */
	mod_delayed_work(system_percpu_wq, &fn->restart_work, 0);
	return true;
}

/**
 * libsvnic_txq_hangs - handle a transmit queue that sends nothing
 * @tx: queue
 *
 * Restarts the queue. If it was restarted recently, or the device does not
 * answer, the function is reset.
 *
 * Context: any.
 */
void libsvnic_txq_hangs(struct libsvnic_txq *tx)
{
	struct libsvnic_fn *fn = tx->fn;

	if (libsvnic_alive(fn) &&
	    !libsvnic_restart_recent(&tx->restarts, jiffies))
		libsvnic_queue_failed(fn, tx->index, false);
	else
		libsvnic_reset_request(fn);
}

/**
 * libsvnic_queue_error - handle the event of a queue that stopped on an error
 * @fn: function
 * @index: number of the queue, from the device, not validated
 * @rx: it is a receive queue
 *
 * The event may be outdated or wrong, so the registers are checked.
 *
 * Context: any.
 */
void libsvnic_queue_error(struct libsvnic_fn *fn, unsigned int index, bool rx)
{
	u32 status, error;

	if (index >= LIBSVNIC_PAIRS_MAX)
		return;
	status = libsvnic_rd(fn, SVNIC_QCFG(index, SVNIC_QCFG_STATUS));
	error = status >> (rx ? SVNIC_QSTATUS_RX_ERR_SHIFT :
				SVNIC_QSTATUS_TX_ERR_SHIFT) &
		SVNIC_QSTATUS_ERR_MASK;
	if (!error || status & (rx ? SVNIC_QSTATUS_RX : SVNIC_QSTATUS_TX))
		return;
	if (error != SVNIC_ERR_STOPPED &&
	    !libsvnic_queue_failed(fn, index, rx))
		return;
	if (net_ratelimit())
		netdev_err(fn->netdev, "%s queue %u stopped, error %u\n",
			   rx ? "receive" : "transmit", index, error);
	/* The PF has stopped it, and decides when the function is ready. */
	if (error == SVNIC_ERR_STOPPED)
		libsvnic_reset_request(fn);
}

/* Does any half not run? With @restart, schedule the restart of those. */
static bool libsvnic_halves_idle(struct libsvnic_fn *fn, bool restart)
{
	unsigned int pairs = READ_ONCE(fn->netdev->real_num_rx_queues);
	unsigned int txqs = READ_ONCE(fn->txqs);
	bool idle = false;
	unsigned int q;
	u32 status;

	if (!test_bit(LIBSVNIC_RUNNING, fn->flags))
		return false;
	for (q = 0; q < max(pairs, txqs); q++) {
		status = libsvnic_rd(fn, SVNIC_QCFG(q, SVNIC_QCFG_STATUS));
		if (q < txqs && !(status & SVNIC_QSTATUS_TX)) {
			idle = true;
			if (restart)
				libsvnic_queue_failed(fn, q, false);
		}
		if (q < pairs && !(status & SVNIC_QSTATUS_RX)) {
			idle = true;
			if (restart)
				libsvnic_queue_failed(fn, q, true);
		}
	}
	return idle;
}

/**
 * libsvnic_queues_check - find queues that stopped without an event
 * @fn: enabled function
 *
 * The stack's watchdog detects a transmit queue that stopped, but nothing else
 * detects a receive queue that did. A queue that is being restarted looks the
 * same, so it is checked again under the locks.
 *
 * Context: process, sleeps; takes rtnl and the instance lock.
 */
void libsvnic_queues_check(struct libsvnic_fn *fn)
{
	if (!libsvnic_halves_idle(fn, false))
		return;
	rtnl_lock();
	netdev_lock(fn->netdev);
	libsvnic_halves_idle(fn, true);
	netdev_unlock(fn->netdev);
	rtnl_unlock();
}

/**
 * libsvnic_restart_init - initialise the work that restarts queues
 * @fn: function
 *
 * It is disabled until libsvnic_register().
 */
void libsvnic_restart_init(struct libsvnic_fn *fn)
{
	INIT_DELAYED_WORK(&fn->restart_work, libsvnic_restart_work);
	disable_delayed_work(&fn->restart_work);
}
