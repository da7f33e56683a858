// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: alloc, start, stop and free for all queues of a configuration.
 * Queues stop in the reverse of the order in which they start.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <net/netdev_queues.h>

#include "libsvnic_priv.h"

static void libsvnic_states_free(struct libsvnic_fn *fn,
				 struct libsvnic_queues *queues)
{
	dma_free_coherent(&fn->pdev->dev,
			  queues->txqs * sizeof(*queues->states),
			  queues->states, queues->states_dma);
}

/**
 * libsvnic_queues_alloc - allocate vectors and queues of a configuration
 * @fn: function; its MSI-X vectors are allocated
 * @cfg: configuration, within the limits
 *
 * Context: process, sleeps.
 * Return: queues with receive buffers posted, or NULL without memory.
 */
struct libsvnic_queues *libsvnic_queues_alloc(struct libsvnic_fn *fn,
					      const struct libsvnic_cfg *cfg)
{
	struct libsvnic_queues *queues;
	unsigned int v, t, r;

	queues = kzalloc_obj(*queues);
	if (!queues)
		return NULL;
	queues->cfg = *cfg;
	queues->xdp = cfg->prog;
	queues->vectors = libsvnic_vectors(cfg->pairs, fn->nvec);
	queues->txqs = cfg->pairs + libsvnic_xdp_txqs(fn, cfg);
	queues->states = dma_alloc_coherent(&fn->pdev->dev, queues->txqs *
					    sizeof(*queues->states),
					    &queues->states_dma, GFP_KERNEL);
	if (!queues->states)
		goto err_queues;
	for (v = 0; v < queues->vectors; v++) {
		queues->vector[v] = libsvnic_vector_alloc(fn, v);
		if (!queues->vector[v])
			goto err_vectors;
	}
	for (t = 0; t < queues->txqs; t++) {
		queues->txq[t] = libsvnic_txq_alloc(fn, queues, t);
		if (!queues->txq[t])
			goto err_txqs;
	}
	for (r = 0; r < cfg->pairs; r++) {
		queues->rxq[r] = libsvnic_rxq_alloc(fn, queues, r);
		if (!queues->rxq[r])
			goto err_rxqs;
	}
	return queues;

err_rxqs:
	while (r--)
		libsvnic_rxq_free(queues->rxq[r]);
err_txqs:
	while (t--)
		libsvnic_txq_free(queues->txq[t]);
err_vectors:
	while (v--)
		libsvnic_vector_free(queues->vector[v]);
	libsvnic_states_free(fn, queues);
err_queues:
	kfree(queues);
	return NULL;
}

/**
 * libsvnic_queues_free - opposite of libsvnic_queues_alloc()
 * @fn: function
 * @queues: queues that do not run
 *
 * Context: process, sleeps.
 */
void libsvnic_queues_free(struct libsvnic_fn *fn,
			  struct libsvnic_queues *queues)
{
	unsigned int i;

	for (i = queues->cfg.pairs; i--;)
		libsvnic_rxq_free(queues->rxq[i]);
	for (i = queues->txqs; i--;)
		libsvnic_txq_free(queues->txq[i]);
	for (i = queues->vectors; i--;)
		libsvnic_vector_free(queues->vector[i]);
	libsvnic_states_free(fn, queues);
	kfree(queues);
}

/* Start one pair of queues. */
static int libsvnic_pair_start(struct libsvnic_queues *queues,
			       unsigned int index)
{
	struct libsvnic_txq *tx = queues->txq[index];
	int err;

	err = libsvnic_txq_start(tx);
	if (err)
		return err;
	err = libsvnic_rxq_start(queues->rxq[index]);
	if (err)
		libsvnic_txq_stop(tx);
	return err;
}

static void libsvnic_pair_stop(struct libsvnic_queues *queues,
			       unsigned int index)
{
	libsvnic_rxq_stop(queues->rxq[index]);
	libsvnic_txq_stop(queues->txq[index]);
}

/**
 * libsvnic_queues_start - start all vectors and queues
 * @fn: enabled function whose MSI-X vectors are allocated
 * @queues: queues that do not run
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0 or -errno with nothing started.
 */
int libsvnic_queues_start(struct libsvnic_fn *fn,
			  struct libsvnic_queues *queues)
{
	unsigned int v, q, t;
	int err;

	for (v = 0; v < queues->vectors; v++) {
		err = libsvnic_vector_start(queues->vector[v]);
		if (err)
			goto err_vectors;
	}
	/* The bits are of earlier queues. */
	bitmap_zero(fn->tx_failed, LIBSVNIC_PAIRS_MAX);
	bitmap_zero(fn->rx_failed, LIBSVNIC_PAIRS_MAX);
	for (q = 0; q < queues->cfg.pairs; q++) {
		err = libsvnic_pair_start(queues, q);
		if (err)
			goto err_pairs;
	}
	for (t = queues->cfg.pairs; t < queues->txqs; t++) {
		err = libsvnic_txq_start(queues->txq[t]);
		if (err)
			goto err_xdp;
	}
	fn->queues = queues;
	WRITE_ONCE(fn->txqs, queues->txqs);
	libsvnic_stats_attach(fn, queues);
	libsvnic_xdp_close(queues, false);
	/* libsvnic_xdp_xmit() reads the queues after the bit. */
	smp_mb__before_atomic();
	set_bit(LIBSVNIC_RUNNING, fn->flags);
	for (v = 0; v < queues->vectors; v++)
		libsvnic_vector_kick(queues->vector[v]);
	return 0;

err_xdp:
	while (t-- > queues->cfg.pairs)
		libsvnic_txq_stop(queues->txq[t]);
err_pairs:
	while (q--)
		libsvnic_pair_stop(queues, q);
err_vectors:
	while (v--)
		libsvnic_vector_stop(queues->vector[v]);
	return err;
}

/**
 * libsvnic_queues_stop - opposite of libsvnic_queues_start()
 * @fn: function; the device may be gone
 * @queues: running queues, with the stack's queues disabled; they can be
 *	started again afterwards
 *
 * Their counters are added to the base counters of the function.
 *
 * Context: process, sleeps; instance lock held.
 */
void libsvnic_queues_stop(struct libsvnic_fn *fn,
			  struct libsvnic_queues *queues)
{
	unsigned int i;

	clear_bit(LIBSVNIC_RUNNING, fn->flags);
	libsvnic_xdp_close(queues, true);
	/* Stop all DMA first; the vectors still poll received frames. */
	for (i = queues->txqs; i--;)
		libsvnic_halves_stop(fn, i, SVNIC_QCTRL_RX | SVNIC_QCTRL_TX);
	for (i = queues->txqs; i-- > queues->cfg.pairs;)
		libsvnic_txq_stop(queues->txq[i]);
	for (i = queues->cfg.pairs; i--;)
		libsvnic_pair_stop(queues, i);
	for (i = queues->vectors; i--;)
		libsvnic_vector_stop(queues->vector[i]);
	for (i = queues->txqs; i--;) {
		libsvnic_tx_drain(queues->txq[i]);
		libsvnic_stats_keep_tx(queues->txq[i]);
	}
	for (i = queues->cfg.pairs; i--;)
		libsvnic_stats_keep_rx(queues->rxq[i]);
	WRITE_ONCE(fn->txqs, 0);
	libsvnic_stats_attach(fn, NULL);
	fn->queues = NULL;
}
