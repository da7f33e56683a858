// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: the four steps of one queue, transmit or receive: alloc, start,
 * stop, free (spec 4.1).
 *
 * Allocation does not access the device, so that a new queue can be allocated
 * while the old one still runs. A stopped queue can be started again. Start and
 * stop do not affect the other half of the pair.
 */
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/slab.h>
#include <net/netdev_queues.h>
#include <net/page_pool/helpers.h>

#include "libsvnic_priv.h"

#define LIBSVNIC_QUEUE_POLL_US	10

/* A half has the same bit in CTRL and in STATUS. */
static_assert(SVNIC_QCTRL_TX == SVNIC_QSTATUS_TX);
static_assert(SVNIC_QCTRL_RX == SVNIC_QSTATUS_RX);

/* Wait until a bit of @mask is set, or all are clear. True on a timeout. */
static bool libsvnic_halves_late(struct libsvnic_fn *fn, unsigned int index,
				 u32 mask, bool set, u32 *status)
{
	return read_poll_timeout(libsvnic_rd, *status, !(*status & mask) != set,
				 LIBSVNIC_QUEUE_POLL_US,
				 fn->limits.reset_ms * 1000, false, fn,
				 SVNIC_QCFG(index, SVNIC_QCFG_STATUS));
}

/**
 * libsvnic_halves_stop - make the device stop one or both queues of a pair
 * @fn: function; the device may be gone
 * @index: number of the pair
 * @halves: SVNIC_QCTRL_* of the halves to stop; the other one is not affected
 *
 * If the device does not stop within the bound of spec 11.7, bus mastering is
 * disabled and a reset requested.
 *
 * Context: process, sleeps; instance lock held.
 * Return: true if they have stopped, or the device is gone.
 */
bool libsvnic_halves_stop(struct libsvnic_fn *fn, unsigned int index,
			  u32 halves)
{
	u32 reg = SVNIC_QCFG(index, SVNIC_QCFG_CTRL);
	u32 status;

	if (!libsvnic_alive(fn))
		return true;
	libsvnic_wr(fn, reg, libsvnic_rd(fn, reg) & ~halves);
	/* Without bus mastering there is no DMA to wait for. */
	if (!fn->pdev->is_busmaster)
		return false;
	if (!libsvnic_halves_late(fn, index, halves, false, &status) ||
	    !libsvnic_alive(fn))
		return true;
	netdev_err(fn->netdev, "queue pair %u does not stop, status %#x\n",
		   index, status);
	pci_clear_master(fn->pdev);
	libsvnic_reset_request(fn);
	return false;
}

/* Start one half, whose registers have been written, and wait for it. */
static int libsvnic_half_start(struct libsvnic_fn *fn, unsigned int index,
			       u32 half)
{
	u32 reg = SVNIC_QCFG(index, SVNIC_QCFG_CTRL);
	bool tx = half == SVNIC_QCTRL_TX;
	u32 error, status;

	error = SVNIC_QSTATUS_ERR_MASK << (tx ? SVNIC_QSTATUS_TX_ERR_SHIFT :
						SVNIC_QSTATUS_RX_ERR_SHIFT);
	libsvnic_wr(fn, reg, libsvnic_rd(fn, reg) | half);
	/* It runs, or there is an error, within this bound (spec 11.7). */
	if (!libsvnic_halves_late(fn, index, half | error, true, &status) &&
	    status & half)
		return 0;
	netdev_err(fn->netdev, "device refuses %s queue %u, status %#x\n",
		   tx ? "transmit" : "receive", index, status);
	libsvnic_halves_stop(fn, index, half);
	return -EIO;
}

/*
 * Registers that both halves use. The device reads them when the first half
 * starts, and ignores writes while either half runs (spec 4.1).
 */
static void libsvnic_block_program(struct libsvnic_fn *fn, unsigned int index,
				   const struct libsvnic_vector *vector,
				   dma_addr_t state_dma)
{
	libsvnic_wr(fn, SVNIC_QCFG(index, SVNIC_QCFG_VECTOR), vector->msix);
	libsvnic_wr64(fn, SVNIC_QCFG(index, SVNIC_QCFG_STATE_BASE_LO),
		      state_dma);
}

static void __iomem *libsvnic_doorbell(const struct libsvnic_fn *fn,
				       unsigned int index)
{
	return fn->regs + fn->limits.db_offset + index * fn->limits.db_stride;
}

/**
 * libsvnic_txq_alloc - allocate a transmit queue
 * @fn: function
 * @queues: its configuration, with state blocks and vectors allocated
 * @index: number of the queue
 *
 * Context: process, sleeps.
 * Return: the queue, or NULL without memory.
 */
struct libsvnic_txq *libsvnic_txq_alloc(struct libsvnic_fn *fn,
					struct libsvnic_queues *queues,
					unsigned int index)
{
	unsigned int pairs = queues->cfg.pairs;
	u32 size = queues->cfg.tx_size;
	unsigned int vector;
	struct libsvnic_txq *tx;

	tx = kzalloc_obj(*tx);
	if (!tx)
		return NULL;
	tx->slots = kvcalloc(size, sizeof(*tx->slots), GFP_KERNEL);
	if (!tx->slots)
		goto err_tx;
	tx->desc = dma_alloc_coherent(&fn->pdev->dev, size * sizeof(*tx->desc),
				      &tx->desc_dma, GFP_KERNEL);
	if (!tx->desc)
		goto err_slots;

	tx->fn = fn;
	tx->index = index;
	/* A ring of XDP and the receive queue that uses it have one vector. */
	vector = libsvnic_vector_of(index % pairs, queues->vectors);
	tx->vector = queues->vector[vector];
	tx->mask = size - 1;
	tx->state = &queues->states[index];
	tx->state_dma = queues->states_dma + index * sizeof(*tx->state);
	tx->db = libsvnic_doorbell(fn, index) + SVNIC_DB_TX;
	if (index < pairs)
		tx->nq = netdev_get_tx_queue(fn->netdev, index);
	tx->xdp = index >= pairs || (queues->xdp && queues->txqs == pairs);
	tx->closed = true;
	spin_lock_init(&tx->lock);
	u64_stats_init(&tx->syncp);
	u64_stats_init(&tx->clean_syncp);
	return tx;

err_slots:
	kvfree(tx->slots);
err_tx:
	kfree(tx);
	return NULL;
}

/**
 * libsvnic_txq_start - start a transmit queue and add it to its vector
 * @tx: empty queue that does not run
 *
 * The stack's queue is not woken.
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0, or -EIO if the device refuses it or does not start it in time.
 */
int libsvnic_txq_start(struct libsvnic_txq *tx)
{
	struct svnic_queue_state *state = tx->state;
	struct libsvnic_fn *fn = tx->fn;
	unsigned int q = tx->index;
	int err;

	tx->prod = 0;
	tx->cons = 0;
	tx->kicked = 0;
	state->tx_prod = 0;
	state->tx_event = 0;
	state->tx_cons = 0;
	state->tx_kick = 0;

	libsvnic_block_program(fn, q, tx->vector, tx->state_dma);
	libsvnic_wr64(fn, SVNIC_QCFG(q, SVNIC_QCFG_TX_BASE_LO), tx->desc_dma);
	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_TX_SIZE), tx->mask + 1);
	err = libsvnic_half_start(fn, q, SVNIC_QCTRL_TX);
	if (err)
		return err;
	if (tx->nq)
		netif_queue_set_napi(fn->netdev, q, NETDEV_QUEUE_TYPE_TX,
				     &tx->vector->napi);
	libsvnic_vector_add_tx(tx->vector, tx);
	return 0;
}

/**
 * libsvnic_txq_stop - opposite of libsvnic_txq_start()
 * @tx: queue; the device may be gone or have stopped it already
 *
 * A poll in progress may still access the queue, until synchronize_net() or
 * libsvnic_vector_stop(). Frames that were not sent stay in the queue until
 * libsvnic_tx_drain().
 *
 * Context: process, sleeps; instance lock held.
 * Return: true if the device has stopped it; else see libsvnic_halves_stop().
 */
bool libsvnic_txq_stop(struct libsvnic_txq *tx)
{
	struct libsvnic_fn *fn = tx->fn;
	bool stopped;

	stopped = libsvnic_halves_stop(fn, tx->index, SVNIC_QCTRL_TX);
	libsvnic_vector_del_tx(tx->vector, tx);
	if (tx->nq)
		netif_queue_set_napi(fn->netdev, tx->index,
				     NETDEV_QUEUE_TYPE_TX, NULL);
	return stopped;
}

/**
 * libsvnic_txq_close - let nobody send into one transmit queue
 * @tx: queue that no poll wakes
 *
 * Context: process; instance lock held.
 */
void libsvnic_txq_close(struct libsvnic_txq *tx)
{
	if (!tx->nq) {
		libsvnic_xdp_close_one(tx, true);
		return;
	}
	__netif_tx_lock_bh(tx->nq);
	netif_tx_stop_queue(tx->nq);
	/* Time before the restart does not count for the watchdog. */
	txq_trans_cond_update(tx->nq);
	__netif_tx_unlock_bh(tx->nq);
}

/**
 * libsvnic_txq_reopen - opposite of libsvnic_txq_close()
 * @tx: queue that runs
 *
 * Context: process; instance lock held.
 */
void libsvnic_txq_reopen(struct libsvnic_txq *tx)
{
	if (!tx->nq)
		libsvnic_xdp_close_one(tx, false);
	else if (netif_device_present(tx->fn->netdev))
		netif_tx_wake_queue(tx->nq);
}

/**
 * libsvnic_txq_free - opposite of libsvnic_txq_alloc()
 * @tx: empty queue that does not run
 *
 * Context: process, sleeps.
 */
void libsvnic_txq_free(struct libsvnic_txq *tx)
{
	dma_free_coherent(&tx->fn->pdev->dev,
			  (tx->mask + 1) * sizeof(*tx->desc), tx->desc,
			  tx->desc_dma);
	kvfree(tx->slots);
	kfree(tx);
}

static int libsvnic_rxq_pool(struct libsvnic_rxq *rx, u32 size)
{
	u32 share = PAGE_SIZE / rx->truesize;
	struct page_pool_params pp = {
		.flags		= PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.pool_size	= min(DIV_ROUND_UP(size, share), 1024U),
		.nid		= NUMA_NO_NODE,
		.dev		= &rx->fn->pdev->dev,
		.napi		= rx->napi,
		.dma_dir	= rx->headroom ? DMA_BIDIRECTIONAL :
						 DMA_FROM_DEVICE,
		.max_len	= PAGE_SIZE,
		.netdev		= rx->netdev,
		.queue_idx	= rx->index,
	};

	rx->pool = page_pool_create(&pp);
	return PTR_ERR_OR_ZERO(rx->pool);
}

/**
 * libsvnic_rxq_alloc - allocate a receive queue, with buffers
 * @fn: function
 * @queues: its configuration, with state blocks and vectors allocated
 * @index: number of the queue
 *
 * Context: process, sleeps.
 * Return: the queue, or NULL without memory.
 */
struct libsvnic_rxq *libsvnic_rxq_alloc(struct libsvnic_fn *fn,
					struct libsvnic_queues *queues,
					unsigned int index)
{
	struct device *dev = &fn->pdev->dev;
	u32 size = queues->cfg.rx_size;
	struct libsvnic_rxq *rx;

	rx = kzalloc_obj(*rx);
	if (!rx)
		return NULL;
	rx->fn = fn;
	rx->netdev = fn->netdev;
	rx->index = index;
	rx->vector = queues->vector[libsvnic_vector_of(index, queues->vectors)];
	rx->napi = &rx->vector->napi;
	rx->mask = size - 1;
	rx->holes = size;
	rx->prog = queues->cfg.prog;
	if (queues->xdp) {
		rx->buf_size = libsvnic_xdp_buf_size(&fn->limits);
		rx->headroom = XDP_PACKET_HEADROOM;
		rx->truesize = LIBSVNIC_XDP_TRUESIZE;
	} else {
		rx->buf_size = libsvnic_buf_size(&fn->limits);
		rx->truesize = PAGE_SIZE / (PAGE_SIZE / rx->buf_size);
		rx->copy_span = LIBSVNIC_RX_COPY - ETH_HLEN + 1;
	}
	rx->state = &queues->states[index];
	rx->state_dma = queues->states_dma + index * sizeof(*rx->state);
	rx->db = libsvnic_doorbell(fn, index) + SVNIC_DB_RX;
	u64_stats_init(&rx->syncp);

	rx->bufs = kvcalloc(size, sizeof(*rx->bufs), GFP_KERNEL);
	if (!rx->bufs)
		goto err_rx;
	rx->desc = dma_alloc_coherent(dev, size * sizeof(*rx->desc),
				      &rx->desc_dma, GFP_KERNEL);
	if (!rx->desc)
		goto err_bufs;
	rx->cmpl = dma_alloc_coherent(dev, size * sizeof(*rx->cmpl),
				      &rx->cmpl_dma, GFP_KERNEL);
	if (!rx->cmpl)
		goto err_desc;
	if (libsvnic_rxq_pool(rx, size))
		goto err_cmpl;
	if (queues->xdp && libsvnic_xdp_rxq_init(rx, queues))
		goto err_pool;
	if (!libsvnic_rx_rewind(rx))
		goto err_xdp;
	return rx;

err_xdp:
	if (rx->xdp)
		libsvnic_xdp_rxq_exit(rx);
err_pool:
	page_pool_destroy(rx->pool);
err_cmpl:
	dma_free_coherent(dev, size * sizeof(*rx->cmpl), rx->cmpl,
			  rx->cmpl_dma);
err_desc:
	dma_free_coherent(dev, size * sizeof(*rx->desc), rx->desc,
			  rx->desc_dma);
err_bufs:
	kvfree(rx->bufs);
err_rx:
	kfree(rx);
	return NULL;
}

static void libsvnic_rxq_program(const struct libsvnic_rxq *rx)
{
	struct libsvnic_fn *fn = rx->fn;
	unsigned int q = rx->index;

	libsvnic_block_program(fn, q, rx->vector, rx->state_dma);
	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_BUF_SIZE), rx->buf_size);
	libsvnic_wr(fn, SVNIC_QCFG(q, SVNIC_QCFG_RX_SIZE), rx->mask + 1);
	libsvnic_wr64(fn, SVNIC_QCFG(q, SVNIC_QCFG_RX_BASE_LO), rx->desc_dma);
	libsvnic_wr64(fn, SVNIC_QCFG(q, SVNIC_QCFG_CMPL_BASE_LO),
		      rx->cmpl_dma);
}

/**
 * libsvnic_rxq_start - start a receive queue and add it to its vector
 * @rx: queue that does not run
 *
 * The queue keeps its buffers, and missing ones are allocated as far as there
 * is memory.
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0, -ENOMEM if it has no buffer at all, or -EIO if the device refuses
 * it or does not start it in time.
 */
int libsvnic_rxq_start(struct libsvnic_rxq *rx)
{
	struct libsvnic_fn *fn = rx->fn;
	int err;

	if (!libsvnic_rx_rewind(rx))
		return -ENOMEM;
	libsvnic_rxq_program(rx);
	err = libsvnic_half_start(fn, rx->index, SVNIC_QCTRL_RX);
	if (err)
		return err;
	netif_queue_set_napi(fn->netdev, rx->index, NETDEV_QUEUE_TYPE_RX,
			     rx->napi);
	libsvnic_vector_add_rx(rx->vector, rx);
	return 0;
}

/**
 * libsvnic_rxq_stop - opposite of libsvnic_rxq_start()
 * @rx: queue; the device may be gone or have stopped it already
 *
 * A poll in progress may still access the queue, until synchronize_net() or
 * libsvnic_vector_stop(). The queue keeps its buffers.
 *
 * Context: process, sleeps; instance lock held.
 * Return: true if the device has stopped it; else see libsvnic_halves_stop().
 */
bool libsvnic_rxq_stop(struct libsvnic_rxq *rx)
{
	struct libsvnic_fn *fn = rx->fn;
	bool stopped;

	stopped = libsvnic_halves_stop(fn, rx->index, SVNIC_QCTRL_RX);
	libsvnic_vector_del_rx(rx->vector, rx);
	netif_queue_set_napi(fn->netdev, rx->index, NETDEV_QUEUE_TYPE_RX, NULL);
	return stopped;
}

/**
 * libsvnic_rxq_free - opposite of libsvnic_rxq_alloc()
 * @rx: queue that does not run
 *
 * Context: process, sleeps.
 */
void libsvnic_rxq_free(struct libsvnic_rxq *rx)
{
	struct device *dev = &rx->fn->pdev->dev;

	libsvnic_rx_drain(rx);
	if (rx->xdp)
		libsvnic_xdp_rxq_exit(rx);
	page_pool_destroy(rx->pool);
	dma_free_coherent(dev, (rx->mask + 1) * sizeof(*rx->cmpl), rx->cmpl,
			  rx->cmpl_dma);
	dma_free_coherent(dev, (rx->mask + 1) * sizeof(*rx->desc), rx->desc,
			  rx->desc_dma);
	kvfree(rx->bufs);
	kfree(rx);
}
