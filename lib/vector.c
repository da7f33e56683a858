// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: NAPI of the vectors, and the queues that each polls (spec 4.5).
 */
#include <kunit/visibility.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "libsvnic_priv.h"

static int libsvnic_poll(struct napi_struct *napi, int budget)
{
	struct libsvnic_vector *vector =
		container_of(napi, struct libsvnic_vector, napi);
	struct libsvnic_txq *txqs = READ_ONCE(vector->tx), *tx;
	struct libsvnic_rxq *rxqs = READ_ONCE(vector->rx), *rx;
	bool busy = false, pending = false;
	int done = 0, share, took;

	for (tx = txqs; tx; tx = READ_ONCE(tx->next))
		libsvnic_tx_clean(tx, budget);
	if (unlikely(!budget))
		return 0;

	for (rx = rxqs; rx; rx = READ_ONCE(rx->next)) {
		share = min(READ_ONCE(vector->rx_share), budget - done);
		took = libsvnic_rx_poll(rx, share);
		busy |= took == share;
		done += took;
	}
	if (busy)
		return budget;

	/*
	 * Ask for the next interrupt, then look again (spec 4.5). The queues
	 * are this poll's until napi_complete_done(): afterwards another CPU
	 * may turn them, and an index written late would ask for the past.
	 */
	for (tx = txqs; tx; tx = READ_ONCE(tx->next))
		WRITE_ONCE(tx->state->tx_event,
			   cpu_to_le32(libsvnic_tx_event(tx)));
	for (rx = rxqs; rx; rx = READ_ONCE(rx->next))
		WRITE_ONCE(rx->state->rx_event, cpu_to_le32(rx->cons));
	/* Pairs with the device: it writes what is new, then reads these. */
	mb();
	for (tx = txqs; tx; tx = READ_ONCE(tx->next))
		pending |= libsvnic_tx_pending(tx);
	for (rx = rxqs; rx; rx = READ_ONCE(rx->next))
		pending |= libsvnic_rx_pending(rx);
	/* An interrupt that came since then is not lost: NAPI sees to it. */
	if (napi_complete_done(napi, done) && pending)
		napi_schedule(napi);
	return done;
}

/**
 * libsvnic_vector_alloc - make a vector
 * @fn: function
 * @index: number of the vector
 *
 * Context: process, sleeps.
 * Return: the vector, or NULL without memory.
 */
struct libsvnic_vector *libsvnic_vector_alloc(struct libsvnic_fn *fn,
					      unsigned int index)
{
	struct libsvnic_vector *vector;

	vector = kzalloc_obj(*vector);
	if (!vector)
		return NULL;
	vector->fn = fn;
	vector->index = index;
	return vector;
}

/**
 * libsvnic_vector_start - let a vector's interrupts come and its NAPI run
 * @vector: vector without queues
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0 or -errno: the vector cannot be had.
 */
int libsvnic_vector_start(struct libsvnic_vector *vector)
{
	int err;

	netif_napi_add_config_locked(vector->fn->netdev, &vector->napi,
				     libsvnic_poll, vector->index);
	err = libsvnic_vector_irq_request(vector);
	if (err) {
		netif_napi_del_locked(&vector->napi);
		return err;
	}
	napi_enable_locked(&vector->napi);
	return 0;
}

/**
 * libsvnic_vector_stop - opposite of libsvnic_vector_start()
 * @vector: vector whose queues have stopped
 *
 * Context: process, sleeps; instance lock held.
 */
void libsvnic_vector_stop(struct libsvnic_vector *vector)
{
	napi_disable_locked(&vector->napi);
	libsvnic_vector_irq_free(vector);
	netif_napi_del_locked(&vector->napi);
}

/**
 * libsvnic_vector_free - opposite of libsvnic_vector_alloc()
 * @vector: vector that does not run
 */
void libsvnic_vector_free(struct libsvnic_vector *vector)
{
	kfree(vector);
}

/**
 * libsvnic_vector_kick - have a vector look at its queues
 * @vector: vector that runs
 *
 * Buffers were posted before the device knew the queue, and it may have
 * finished something before the vector knew it.
 *
 * Context: process.
 */
void libsvnic_vector_kick(struct libsvnic_vector *vector)
{
	local_bh_disable();
	napi_schedule(&vector->napi);
	local_bh_enable();
}

/**
 * libsvnic_vector_add_tx - have a vector poll a transmit queue
 * @vector: vector
 * @tx: queue that is ready for it
 *
 * Context: process; instance lock held.
 */
void libsvnic_vector_add_tx(struct libsvnic_vector *vector,
			    struct libsvnic_txq *tx)
{
	tx->next = vector->tx;
	/* The poll that sees the queue sees what is in it. */
	smp_store_release(&vector->tx, tx);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vector_add_tx);

/**
 * libsvnic_vector_del_tx - opposite of libsvnic_vector_add_tx()
 * @vector: vector
 * @tx: queue that may still be looked at until synchronize_net(); one that the
 *	vector does not have is left alone
 *
 * Context: process; instance lock held.
 */
void libsvnic_vector_del_tx(struct libsvnic_vector *vector,
			    struct libsvnic_txq *tx)
{
	struct libsvnic_txq **at = &vector->tx;

	while (*at && *at != tx)
		at = &(*at)->next;
	if (*at)
		WRITE_ONCE(*at, tx->next);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vector_del_tx);

/* Each receive queue has its share of a poll. */
static void libsvnic_vector_share(struct libsvnic_vector *vector)
{
	const struct libsvnic_rxq *rx;
	int count = 0;

	for (rx = vector->rx; rx; rx = rx->next)
		count++;
	WRITE_ONCE(vector->rx_share, NAPI_POLL_WEIGHT / max(count, 1));
}

/**
 * libsvnic_vector_add_rx - have a vector poll a receive queue
 * @vector: vector
 * @rx: queue that is ready for it
 *
 * Context: process; instance lock held.
 */
void libsvnic_vector_add_rx(struct libsvnic_vector *vector,
			    struct libsvnic_rxq *rx)
{
	rx->next = vector->rx;
	/* The poll that sees the queue sees what is in it. */
	smp_store_release(&vector->rx, rx);
	libsvnic_vector_share(vector);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vector_add_rx);

/**
 * libsvnic_vector_del_rx - opposite of libsvnic_vector_add_rx()
 * @vector: vector
 * @rx: queue that may still be looked at until synchronize_net(); one that the
 *	vector does not have is left alone
 *
 * Context: process; instance lock held.
 */
void libsvnic_vector_del_rx(struct libsvnic_vector *vector,
			    struct libsvnic_rxq *rx)
{
	struct libsvnic_rxq **at = &vector->rx;

	while (*at && *at != rx)
		at = &(*at)->next;
	if (*at)
		WRITE_ONCE(*at, rx->next);
	libsvnic_vector_share(vector);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vector_del_rx);
