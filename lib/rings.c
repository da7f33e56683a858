// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: the four steps of the queues: alloc, start, stop, free.
 *
 * Allocation touches no device, so that a new configuration can be made and
 * checked while the old one still runs.
 */
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/iopoll.h>
#include <linux/slab.h>
#include <net/netdev_queues.h>
#include <net/page_pool/helpers.h>

#include "libsvnic_priv.h"

#define LIBSVNIC_QUEUE_POLL_US	10

static int libsvnic_tx_alloc(struct libsvnic_pair *pair, u32 size)
{
	struct libsvnic_tx_ring *tx = &pair->tx;
	struct libsvnic_fn *fn = pair->fn;

	tx->slots = kvcalloc(size, sizeof(*tx->slots), GFP_KERNEL);
	if (!tx->slots)
		return -ENOMEM;
	tx->desc = dma_alloc_coherent(&fn->pdev->dev,
				      size * sizeof(*tx->desc), &tx->desc_dma,
				      GFP_KERNEL);
	if (!tx->desc) {
		kvfree(tx->slots);
		return -ENOMEM;
	}
	tx->mask = size - 1;
	tx->state = pair->state;
	tx->db = fn->regs + fn->limits.db_offset +
		 pair->index * fn->limits.db_stride + SVNIC_DB_TX;
	tx->txq = netdev_get_tx_queue(fn->netdev, pair->index);
	u64_stats_init(&tx->syncp);
	u64_stats_init(&tx->clean_syncp);
	return 0;
}

static void libsvnic_tx_free(struct libsvnic_pair *pair)
{
	struct libsvnic_tx_ring *tx = &pair->tx;

	dma_free_coherent(&pair->fn->pdev->dev,
			  (tx->mask + 1) * sizeof(*tx->desc), tx->desc,
			  tx->desc_dma);
	kvfree(tx->slots);
}

static int libsvnic_rx_alloc(struct libsvnic_pair *pair, u32 size)
{
	struct libsvnic_rx_ring *rx = &pair->rx;
	struct libsvnic_fn *fn = pair->fn;
	u32 share = PAGE_SIZE / fn->limits.buf_size;
	struct page_pool_params pp = {
		.flags		= PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.pool_size	= min(DIV_ROUND_UP(size, share), 1024U),
		.nid		= NUMA_NO_NODE,
		.dev		= &fn->pdev->dev,
		.napi		= &pair->napi,
		.dma_dir	= DMA_FROM_DEVICE,
		.max_len	= PAGE_SIZE,
		.netdev		= fn->netdev,
		.queue_idx	= pair->index,
	};
	int err = -ENOMEM;

	rx->bufs = kvcalloc(size, sizeof(*rx->bufs), GFP_KERNEL);
	if (!rx->bufs)
		return -ENOMEM;
	rx->desc = dma_alloc_coherent(&fn->pdev->dev,
				      size * sizeof(*rx->desc), &rx->desc_dma,
				      GFP_KERNEL);
	if (!rx->desc)
		goto err_bufs;
	rx->cmpl = dma_alloc_coherent(&fn->pdev->dev,
				      size * sizeof(*rx->cmpl), &rx->cmpl_dma,
				      GFP_KERNEL);
	if (!rx->cmpl)
		goto err_desc;
	rx->pool = page_pool_create(&pp);
	if (IS_ERR(rx->pool)) {
		err = PTR_ERR(rx->pool);
		goto err_cmpl;
	}
	rx->mask = size - 1;
	rx->holes = size;
	rx->truesize = PAGE_SIZE / share;
	rx->state = pair->state;
	rx->db = fn->regs + fn->limits.db_offset +
		 pair->index * fn->limits.db_stride + SVNIC_DB_RX;
	u64_stats_init(&rx->syncp);
	return 0;

err_cmpl:
	dma_free_coherent(&fn->pdev->dev, size * sizeof(*rx->cmpl), rx->cmpl,
			  rx->cmpl_dma);
err_desc:
	dma_free_coherent(&fn->pdev->dev, size * sizeof(*rx->desc), rx->desc,
			  rx->desc_dma);
err_bufs:
	kvfree(rx->bufs);
	return err;
}

static void libsvnic_rx_free(struct libsvnic_pair *pair)
{
	struct libsvnic_rx_ring *rx = &pair->rx;
	struct device *dev = &pair->fn->pdev->dev;

	page_pool_destroy(rx->pool);
	dma_free_coherent(dev, (rx->mask + 1) * sizeof(*rx->cmpl), rx->cmpl,
			  rx->cmpl_dma);
	dma_free_coherent(dev, (rx->mask + 1) * sizeof(*rx->desc), rx->desc,
			  rx->desc_dma);
	kvfree(rx->bufs);
}

static struct libsvnic_pair *
libsvnic_pair_alloc(struct libsvnic_fn *fn, unsigned int index,
		    const struct libsvnic_cfg *cfg)
{
	struct libsvnic_pair *pair;

	pair = kzalloc_obj(*pair);
	if (!pair)
		return NULL;
	pair->fn = fn;
	pair->index = index;
	pair->state = dma_alloc_coherent(&fn->pdev->dev, sizeof(*pair->state),
					 &pair->state_dma, GFP_KERNEL);
	if (!pair->state)
		goto err_pair;
	if (libsvnic_tx_alloc(pair, cfg->tx_size))
		goto err_state;
	if (libsvnic_rx_alloc(pair, cfg->rx_size))
		goto err_tx;
	/* A ring without a single buffer would never start to turn. */
	if (!libsvnic_rx_refill(&pair->rx) && !pair->rx.prod)
		goto err_rx;
	return pair;

err_rx:
	libsvnic_rx_free(pair);
err_tx:
	libsvnic_tx_free(pair);
err_state:
	dma_free_coherent(&fn->pdev->dev, sizeof(*pair->state), pair->state,
			  pair->state_dma);
err_pair:
	kfree(pair);
	return NULL;
}

static void libsvnic_pair_free(struct libsvnic_fn *fn,
			       struct libsvnic_pair *pair)
{
	libsvnic_rx_drain(pair);
	libsvnic_rx_free(pair);
	libsvnic_tx_free(pair);
	dma_free_coherent(&fn->pdev->dev, sizeof(*pair->state), pair->state,
			  pair->state_dma);
	kfree(pair);
}

/**
 * libsvnic_rings_alloc - make the rings of a configuration
 * @fn: function
 * @cfg: configuration, within the limits
 *
 * Context: process, sleeps.
 * Return: rings with receive buffers posted, or NULL without memory.
 */
struct libsvnic_rings *libsvnic_rings_alloc(struct libsvnic_fn *fn,
					    const struct libsvnic_cfg *cfg)
{
	struct libsvnic_rings *rings;
	unsigned int i;

	rings = kzalloc(struct_size(rings, pair, cfg->pairs), GFP_KERNEL);
	if (!rings)
		return NULL;
	rings->cfg = *cfg;

	for (i = 0; i < cfg->pairs; i++) {
		rings->pair[i] = libsvnic_pair_alloc(fn, i, cfg);
		if (!rings->pair[i])
			goto err_pairs;
	}
	return rings;

err_pairs:
	while (i--)
		libsvnic_pair_free(fn, rings->pair[i]);
	kfree(rings);
	return NULL;
}

/**
 * libsvnic_rings_free - opposite of libsvnic_rings_alloc()
 * @fn: function
 * @rings: rings that do not run
 *
 * What they counted stays in the function's base counters.
 *
 * Context: process, sleeps; instance lock held.
 */
void libsvnic_rings_free(struct libsvnic_fn *fn, struct libsvnic_rings *rings)
{
	unsigned int i;

	for (i = rings->cfg.pairs; i--;)
		libsvnic_pair_free(fn, rings->pair[i]);
	kfree(rings);
}

static int libsvnic_poll(struct napi_struct *napi, int budget)
{
	struct libsvnic_pair *pair =
		container_of(napi, struct libsvnic_pair, napi);
	struct svnic_queue_state *state = pair->state;
	u32 rx_event, tx_event, tx_cons;
	int done;

	libsvnic_tx_clean(pair, budget);
	if (unlikely(!budget))
		return 0;

	done = libsvnic_rx_poll(pair, budget);
	if (done == budget)
		return done;

	/*
	 * Ask for the next interrupt, then look again (spec 4.5). The rings are
	 * this poll's until napi_complete_done(): afterwards another CPU may
	 * turn them, and an index written late would ask for the past.
	 */
	rx_event = pair->rx.cons;
	tx_cons = pair->tx.cons;
	tx_event = libsvnic_tx_event(&pair->tx);
	WRITE_ONCE(state->rx_event, cpu_to_le32(rx_event));
	WRITE_ONCE(state->tx_event, cpu_to_le32(tx_event));
	if (!napi_complete_done(napi, done))
		return done;
	/* Pairs with the device: it writes what is new, then reads these. */
	mb();
	if (libsvnic_rx_pending(&pair->rx, rx_event) ||
	    libsvnic_tx_pending(&pair->tx, tx_cons, tx_event))
		napi_schedule(napi);
	return done;
}

static void libsvnic_pair_program(struct libsvnic_fn *fn,
				  struct libsvnic_pair *pair)
{
	const struct libsvnic_rx_ring *rx = &pair->rx;
	const struct libsvnic_tx_ring *tx = &pair->tx;
	unsigned int q = pair->index;

	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_VECTOR), pair->vector);
	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_BUF_SIZE),
		    fn->limits.buf_size);
	libsvnic_wr64(fn, SVNIC_QCFG(q, SVNIC_QCFG_TX_BASE_LO), tx->desc_dma);
	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_TX_SIZE), tx->mask + 1);
	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_RX_SIZE), rx->mask + 1);
	libsvnic_wr64(fn, SVNIC_QCFG(q, SVNIC_QCFG_RX_BASE_LO), rx->desc_dma);
	libsvnic_wr64(fn, SVNIC_QCFG(q, SVNIC_QCFG_CMPL_BASE_LO),
		      rx->cmpl_dma);
	libsvnic_wr64(fn, SVNIC_QCFG(q, SVNIC_QCFG_STATE_BASE_LO),
		      pair->state_dma);
	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_CTRL),
		    SVNIC_QCTRL_TX | SVNIC_QCTRL_RX);
}

/*
 * A device that does not stop in time is cut off from memory, and a reset
 * is asked for.
 */
static void libsvnic_pair_halt(struct libsvnic_fn *fn,
			       struct libsvnic_pair *pair)
{
	unsigned int q = pair->index;
	u32 status;

	if (!libsvnic_alive(fn))
		return;
	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_CTRL), 0);
	if (!read_poll_timeout(libsvnic_rd, status,
			       !(status & (SVNIC_QSTATUS_TX |
					   SVNIC_QSTATUS_RX)) ||
			       !libsvnic_alive(fn),
			       LIBSVNIC_QUEUE_POLL_US,
			       fn->limits.reset_ms * 1000, false,
			       fn, SVNIC_QCFG(q, SVNIC_QCFG_STATUS)))
		return;
	netdev_err(fn->netdev, "queue pair %u does not stop\n", q);
	pci_clear_master(fn->pdev);
	libsvnic_reset_request(fn);
}

static int libsvnic_pair_start(struct libsvnic_fn *fn,
			       struct libsvnic_pair *pair)
{
	const u32 active = SVNIC_QSTATUS_TX | SVNIC_QSTATUS_RX;
	struct net_device *netdev = fn->netdev;
	unsigned int q = pair->index;
	u32 status;
	int err;

	netif_napi_add_config_locked(netdev, &pair->napi, libsvnic_poll, q);
	err = libsvnic_pair_irq_request(pair);
	if (err)
		goto err_napi;
	netif_queue_set_napi(netdev, q, NETDEV_QUEUE_TYPE_RX, &pair->napi);
	netif_queue_set_napi(netdev, q, NETDEV_QUEUE_TYPE_TX, &pair->napi);
	napi_enable_locked(&pair->napi);

	libsvnic_pair_program(fn, pair);
	/* It runs, or there is an error, within this bound (spec 11.7). */
	if (read_poll_timeout(libsvnic_rd, status,
			      (status & active) == active ||
			      status >> SVNIC_QSTATUS_TX_ERR_SHIFT,
			      LIBSVNIC_QUEUE_POLL_US,
			      fn->limits.reset_ms * 1000, false,
			      fn, SVNIC_QCFG(q, SVNIC_QCFG_STATUS)) ||
	    (status & active) != active) {
		netdev_err(netdev, "device refuses queue pair %u, status %#x\n",
			   q, status);
		err = -EIO;
		goto err_halt;
	}
	return 0;

err_halt:
	libsvnic_pair_halt(fn, pair);
	napi_disable_locked(&pair->napi);
	netif_queue_set_napi(netdev, q, NETDEV_QUEUE_TYPE_TX, NULL);
	netif_queue_set_napi(netdev, q, NETDEV_QUEUE_TYPE_RX, NULL);
	libsvnic_pair_irq_free(pair);
err_napi:
	netif_napi_del_locked(&pair->napi);
	return err;
}

static void libsvnic_pair_stop(struct libsvnic_fn *fn,
			       struct libsvnic_pair *pair)
{
	struct net_device *netdev = fn->netdev;
	unsigned int q = pair->index;

	napi_disable_locked(&pair->napi);
	netif_queue_set_napi(netdev, q, NETDEV_QUEUE_TYPE_TX, NULL);
	netif_queue_set_napi(netdev, q, NETDEV_QUEUE_TYPE_RX, NULL);
	libsvnic_pair_irq_free(pair);
	netif_napi_del_locked(&pair->napi);
	libsvnic_tx_drain(pair);
	libsvnic_stats_keep(fn, pair);
}

/**
 * libsvnic_rings_start - give rings to the device and let packets flow
 * @fn: enabled function whose vectors are there
 * @rings: fresh rings, never started before
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0 or -errno with nothing started.
 */
int libsvnic_rings_start(struct libsvnic_fn *fn, struct libsvnic_rings *rings)
{
	unsigned int i;
	int err;

	for (i = 0; i < rings->cfg.pairs; i++) {
		err = libsvnic_pair_start(fn, rings->pair[i]);
		if (err)
			goto err_pairs;
	}
	fn->rings = rings;
	libsvnic_stats_attach(fn, rings);
	set_bit(LIBSVNIC_RUNNING, fn->flags);
	/* Buffers were posted before the device knew the ring. */
	local_bh_disable();
	for (i = 0; i < rings->cfg.pairs; i++)
		napi_schedule(&rings->pair[i]->napi);
	local_bh_enable();
	return 0;

err_pairs:
	while (i--) {
		libsvnic_pair_halt(fn, rings->pair[i]);
		libsvnic_pair_stop(fn, rings->pair[i]);
	}
	return err;
}

/**
 * libsvnic_rings_stop - opposite of libsvnic_rings_start()
 * @fn: function; the device may be gone
 * @rings: running rings, with the transmit queues disabled; they can only be
 *	freed afterwards
 *
 * Context: process, sleeps; instance lock held.
 */
void libsvnic_rings_stop(struct libsvnic_fn *fn, struct libsvnic_rings *rings)
{
	unsigned int i;

	clear_bit(LIBSVNIC_RUNNING, fn->flags);
	for (i = 0; i < rings->cfg.pairs; i++)
		libsvnic_pair_halt(fn, rings->pair[i]);
	for (i = rings->cfg.pairs; i--;)
		libsvnic_pair_stop(fn, rings->pair[i]);
	libsvnic_stats_attach(fn, NULL);
	fn->rings = NULL;
}
