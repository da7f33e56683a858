// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: NAPI of the vectors, and the queues of each vector (spec 4.5).
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
	 * Enable the next interrupt, then check the queues again (spec 4.5).
	 * This has to be done before napi_complete_done(). Afterwards another
	 * CPU may poll the queues, and an index written here might be outdated.
	 */
	for (tx = txqs; tx; tx = READ_ONCE(tx->next))
		WRITE_ONCE(tx->state->tx_event,
			   cpu_to_le32(libsvnic_tx_event(tx)));
	for (rx = rxqs; rx; rx = READ_ONCE(rx->next))
		WRITE_ONCE(rx->state->rx_event, cpu_to_le32(rx->cons));
	/* The device writes its index or completion, then reads ours. */
	mb();
	for (tx = txqs; tx; tx = READ_ONCE(tx->next))
		pending |= libsvnic_tx_pending(tx);
	for (rx = rxqs; rx; rx = READ_ONCE(rx->next))
		pending |= libsvnic_rx_pending(rx);
	/* NAPI itself handles an interrupt that came in the meantime. */
	if (napi_complete_done(napi, done) && pending)
		napi_schedule(napi);
	return done;
}

/**
 * libsvnic_vector_alloc - allocate a vector
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
 * libsvnic_vector_start - enable the NAPI of a vector and its interrupt
 * @vector: vector without queues
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0 or -errno.
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
 * libsvnic_vector_kick - schedule a poll after queues were started
 * @vector: vector that runs
 *
 * The poll rings the doorbell for buffers that were posted before the queue was
 * started. It also handles completions from before the queue was added to the
 * vector.
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
 * libsvnic_vector_add_tx - add a transmit queue to those that a vector polls
 * @vector: vector
 * @tx: queue that is ready to be polled
 *
 * Context: process; instance lock held.
 */
void libsvnic_vector_add_tx(struct libsvnic_vector *vector,
			    struct libsvnic_txq *tx)
{
	tx->next = vector->tx;
	/* A poll that sees the queue must see it initialised. */
	smp_store_release(&vector->tx, tx);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vector_add_tx);

/**
 * libsvnic_vector_del_tx - opposite of libsvnic_vector_add_tx()
 * @vector: vector
 * @tx: queue; a poll may still access it until synchronize_net(). Nothing
 *	happens if the vector does not have it.
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

/* Divide the NAPI budget between the receive queues. */
static void libsvnic_vector_share(struct libsvnic_vector *vector)
{
	const struct libsvnic_rxq *rx;
	int count = 0;

	for (rx = vector->rx; rx; rx = rx->next)
		count++;
	WRITE_ONCE(vector->rx_share, NAPI_POLL_WEIGHT / max(count, 1));
}

/**
 * libsvnic_vector_add_rx - add a receive queue to those that a vector polls
 * @vector: vector
 * @rx: queue that is ready to be polled
 *
 * Context: process; instance lock held.
 */
void libsvnic_vector_add_rx(struct libsvnic_vector *vector,
			    struct libsvnic_rxq *rx)
{
	rx->next = vector->rx;
	/* A poll that sees the queue must see it initialised. */
	smp_store_release(&vector->rx, rx);
	libsvnic_vector_share(vector);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_vector_add_rx);

/**
 * libsvnic_vector_del_rx - opposite of libsvnic_vector_add_rx()
 * @vector: vector
 * @rx: queue; a poll may still access it until synchronize_net(). Nothing
 *	happens if the vector does not have it.
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
