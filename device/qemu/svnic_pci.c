/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: the physical function and its configuration space.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/range.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_sriov.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "net/net.h"

#include "svnic_qemu.h"

#define SVNIC_CAP_DSN   0x160
#define SVNIC_CAP_SRIOV 0x180

#define SVNIC_BAR_TYPE  (PCI_BASE_ADDRESS_SPACE_MEMORY |    \
                         PCI_BASE_ADDRESS_MEM_TYPE_64 |     \
                         PCI_BASE_ADDRESS_MEM_PREFETCH)

static int svnic_pci_op_dma_read(void *host, unsigned int fn, uint64_t addr,
                                 void *buf, size_t len)
{
    SvnicState *s = host;

    return s->fns[fn] ? svnic_host_dma_rw(s->fns[fn], addr, buf, len,
                                          DMA_DIRECTION_TO_DEVICE) : -1;
}

static int svnic_pci_op_dma_write(void *host, unsigned int fn, uint64_t addr,
                                  const void *buf, size_t len)
{
    SvnicState *s = host;
    g_autofree void *lie = s->faults ? svnic_fault_dma(s, fn, addr, buf, len) :
                                       NULL;

    return s->fns[fn] ? svnic_host_dma_rw(s->fns[fn], addr,
                                          lie ? lie : (void *)buf, len,
                                          DMA_DIRECTION_FROM_DEVICE) : -1;
}

/* dma_memory_rw() has barriers that keep the accesses in order. */
static int svnic_pci_op_dma_publish(void *host, unsigned int fn, uint64_t addr,
                                    const void *buf, size_t len, size_t last)
{
    size_t rest = last + sizeof(uint32_t);

    if (svnic_pci_op_dma_write(host, fn, addr + rest, buf + rest, len - rest) ||
        svnic_pci_op_dma_write(host, fn, addr, buf, last)) {
        return -1;
    }
    return svnic_pci_op_dma_write(host, fn, addr + last, buf + last,
                                  sizeof(uint32_t));
}

static void svnic_pci_op_irq(void *host, unsigned int fn, unsigned int vector)
{
    svnic_thread_irq(host, fn, vector);
}

static void svnic_pci_op_irq_clear(void *host, unsigned int fn,
                                   unsigned int first)
{
    svnic_thread_irq_clear(host, fn, first);
}

static uint64_t svnic_pci_op_now(void *host)
{
    return get_clock();
}

static bool svnic_pci_op_wire_tx(void *host, const struct svnic_frame *frame)
{
    SvnicState *s = host;

    return !s->out || !s->thread.link_shown || svnic_fifo_push(s->out, frame);
}

static void svnic_pci_op_log(void *host, const char *msg)
{
    SvnicState *s = host;

    qemu_log_mask(LOG_GUEST_ERROR, "svnic %s: %s\n",
                  DEVICE(s)->id ? DEVICE(s)->id : "", msg);
}

static const struct svnic_host_ops svnic_pci_ops = {
    .dma_read = svnic_pci_op_dma_read,
    .dma_write = svnic_pci_op_dma_write,
    .dma_publish = svnic_pci_op_dma_publish,
    .irq = svnic_pci_op_irq,
    .irq_clear = svnic_pci_op_irq_clear,
    .now = svnic_pci_op_now,
    .kick = svnic_thread_kick,
    .wire_tx = svnic_pci_op_wire_tx,
    .log = svnic_pci_op_log,
};

static void svnic_pci_set_vfs(SvnicState *s, unsigned num_vfs)
{
    unsigned i;

    if (num_vfs == s->num_vfs) {
        return;
    }
    svnic_thread_lock(s);
    svnic_core_set_vfs(s->core, num_vfs);
    for (i = num_vfs; i < s->num_vfs; i++) {
        svnic_fault_reset(s, SVNIC_VPORT_VF(i));
    }
    s->num_vfs = num_vfs;
    svnic_thread_unlock(s);
}

/* Section 2.4: VF MSE maps and unmaps the BARs of all VFs. */
static void svnic_pci_map_vfs(SvnicState *s, PCIDevice *dev)
{
    uint16_t ctrl = pci_get_word(dev->config + dev->exp.sriov_cap +
                                 PCI_SRIOV_CTRL);
    bool map = ctrl & PCI_SRIOV_CTRL_MSE;
    unsigned i;

    if (map == s->vfs_mapped) {
        return;
    }
    s->vfs_mapped = map;
    /* One update of the memory map, as in svnic_host_fn_write_config(). */
    memory_region_transaction_begin();
    for (i = 0; i < s->vf_max; i++) {
        svnic_vf_map(s->fns[SVNIC_VPORT_VF(i)]->dev, map);
    }
    memory_region_transaction_commit();
}

/* True if this write clears VF Enable. */
static bool svnic_pci_vfs_go(PCIDevice *dev, uint32_t addr, uint32_t val,
                             int len)
{
    uint32_t ctrl = dev->exp.sriov_cap + PCI_SRIOV_CTRL;

    return dev->exp.sriov_cap && range_covers_byte(addr, len, ctrl) &&
           !((val >> 8 * (ctrl - addr)) & PCI_SRIOV_CTRL_VFE);
}

static void svnic_pci_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                                   int len)
{
    SvnicState *s = SVNIC(dev);

    svnic_thread_hold(s);
    /* The core must stop VFs before they lose access to memory. */
    if (svnic_pci_vfs_go(dev, addr, val, len)) {
        svnic_pci_set_vfs(s, 0);
    }
    svnic_host_fn_write_config(&s->pf, addr, val, len);
    if (dev->exp.sriov_cap) {
        svnic_pci_map_vfs(s, dev);
        svnic_pci_set_vfs(s, pcie_sriov_num_vfs(dev));
    }
    svnic_fault_write_config(s, addr, len);
    svnic_thread_release(s);
}

static uint32_t svnic_pci_read_config(PCIDevice *dev, uint32_t addr, int len)
{
    return svnic_fault_read_config(SVNIC(dev), addr,
                                   pci_default_read_config(dev, addr, len));
}

/* On return no function does DMA or sends MSI-X. */
static void svnic_pci_power_on(SvnicState *s)
{
    unsigned fn;

    svnic_thread_lock(s);
    svnic_core_power_on(s->core);
    for (fn = 0; fn < SVNIC_FUNCTIONS; fn++) {
        svnic_fault_reset(s, fn);
    }
    s->num_vfs = 0;
    svnic_thread_unlock(s);
}

/* FLR, or a reset of the bus or the machine */
static void svnic_pci_reset_hold(Object *obj, ResetType type)
{
    SvnicClass *class = SVNIC_GET_CLASS(obj);
    SvnicState *s = SVNIC(obj);

    if (class->parent_phases.hold) {
        class->parent_phases.hold(obj, type);
    }
    if (svnic_host_fn_in_flr(&s->pf)) {
        svnic_pci_set_vfs(s, 0);
        svnic_host_fn_reset(&s->pf);
    } else {
        svnic_pci_power_on(s);
    }
}

/* Limits of properties, given by the core and by fields of registers */
static const struct {
    const char *name;
    size_t offset;
    uint32_t least;
    uint32_t most;
} svnic_bounds[] = {
    { "sriov_max_vfs", offsetof(SvnicState, vf_max), 0, SVNIC_VF_LIMIT },
    { "queues", offsetof(SvnicState, queues), 1, 32 },
    { "vf_queues", offsetof(SvnicState, vf_queues), 1, 16 },
    { "mac_filters", offsetof(SvnicState, mac_filters), 0, UINT16_MAX },
    { "vlan_filters", offsetof(SvnicState, vlan_filters), 0, UINT16_MAX },
    { "flow_rules", offsetof(SvnicState, flow_rules), 0, UINT16_MAX },
    { "rss_contexts", offsetof(SvnicState, rss_contexts), 0, UINT16_MAX },
    { "speed", offsetof(SvnicState, speed), 0, SVNIC_LINK_SPEED_MASK },
    /* up to RESET_MS */
    { "x-slow-ms", offsetof(SvnicState, slow_ms), 0, 100 },
};

static bool svnic_pci_check(SvnicState *s, Error **errp)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(svnic_bounds); i++) {
        uint32_t val = *(uint32_t *)((uint8_t *)s + svnic_bounds[i].offset);

        if (val < svnic_bounds[i].least || val > svnic_bounds[i].most) {
            error_setg(errp, "svnic: %s is %u..%u", svnic_bounds[i].name,
                       svnic_bounds[i].least, svnic_bounds[i].most);
            return false;
        }
    }
    if (s->serial && strlen(s->serial) >= SVNIC_SERIAL_SIZE) {
        error_setg(errp, "svnic: serial has up to %zu characters",
                   SVNIC_SERIAL_SIZE - 1);
        return false;
    }
    if (s->cable && svnic_netdev_present(s)) {
        error_setg(errp, "svnic: cable and netdev exclude each other");
        return false;
    }
    return true;
}

static bool svnic_pci_new_core(SvnicState *s, Error **errp)
{
    bool gso = s->cable ? svnic_cable_gso(s->cable) : svnic_netdev_gso(s);
    const uint8_t *mac = s->conf.macaddr.a;
    struct svnic_core_config config = {
        .vf_max = s->vf_max,
        .pf_queues = s->queues,
        .vf_queues = s->vf_queues,
        .mac_filters = s->mac_filters,
        .vlan_filters = s->vlan_filters,
        .flow_rules = s->flow_rules,
        .rss_contexts = s->rss_contexts,
        .wire_gso = gso,
        .wire_csum = gso,
        .link_speed = s->speed,
    };

    memcpy(config.mac, mac, sizeof(config.mac));
    if (s->serial) {
        pstrcpy(config.serial, sizeof(config.serial), s->serial);
    } else {
        snprintf(config.serial, sizeof(config.serial),
                 "SV%02X%02X%02X%02X%02X%02X",
                 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    }
    s->core = svnic_core_new(&config, &svnic_pci_ops, s);
    if (!s->core) {
        error_setg(errp, "svnic: no memory");
    }
    return s->core;
}

/* The EUI-64 of the MAC address */
static uint64_t svnic_pci_serial_number(const uint8_t *mac)
{
    return (uint64_t)mac[0] << 56 | (uint64_t)mac[1] << 48 |
           (uint64_t)mac[2] << 40 | 0xfffeull << 24 |
           mac[3] << 16 | mac[4] << 8 | mac[5];
}

static bool svnic_pci_init_pm(PCIDevice *dev, Error **errp)
{
    int cap = pci_pm_init(dev, 0, errp);

    if (cap < 0) {
        return false;
    }
    pci_set_word(dev->config + cap + PCI_PM_PMC, 3 /* PCI PM 1.2 */);
    pci_set_word(dev->config + cap + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(dev->wmask + cap + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return true;
}

static bool svnic_pci_init_sriov(SvnicState *s, PCIDevice *dev, Error **errp)
{
    bool ok;

    if (!s->vf_max) {
        return true;
    }
    /* Update the memory map once; an update for each VF takes seconds. */
    memory_region_transaction_begin();
    ok = pcie_sriov_pf_init(dev, SVNIC_CAP_SRIOV, TYPE_SVNIC_VF,
                            SVNIC_PCI_DEVICE_ID_VF, s->vf_max, s->vf_max,
                            SVNIC_VF_OFFSET, SVNIC_VF_STRIDE, errp);
    memory_region_transaction_commit();
    if (!ok) {
        return false;
    }
    pcie_sriov_pf_init_vf_bar(dev, SVNIC_BAR_REGS, SVNIC_BAR_TYPE,
                              svnic_core_bar_size(s->core, SVNIC_VPORT_VF(0)));
    pcie_sriov_pf_init_vf_bar(dev, SVNIC_BAR_MSIX, SVNIC_BAR_TYPE,
                              svnic_host_fn_msix_size(s->core,
                                                      SVNIC_VPORT_VF(0)));
    return true;
}

static void svnic_pci_realize(PCIDevice *dev, Error **errp)
{
    SvnicState *s = SVNIC(dev);

    if (!svnic_pci_check(s, errp)) {
        return;
    }
    qemu_macaddr_default_if_unset(&s->conf.macaddr);
    dev->config_read = svnic_pci_read_config;
    dev->config_write = svnic_pci_write_config;

    if (!svnic_pci_new_core(s, errp)) {
        return;
    }
    if (!svnic_host_fn_realize(&s->pf, s, dev, SVNIC_VPORT_PF, errp)) {
        return;
    }
    pcie_dev_ser_num_init(dev, SVNIC_CAP_DSN,
                          svnic_pci_serial_number(s->conf.macaddr.a));
    if (!svnic_pci_init_pm(dev, errp)) {
        goto no_pm;
    }
    if (!svnic_pci_init_sriov(s, dev, errp)) {
        goto no_pm;
    }
    if (!svnic_thread_start(s, errp)) {
        goto no_thread;
    }
    if (s->with_faults || s->slow_ms) {
        svnic_fault_init(s);
    }
    if (s->cable) {
        if (!svnic_cable_plug(s->cable, s, errp)) {
            goto no_cable;
        }
    } else if (svnic_netdev_present(s)) {
        svnic_netdev_plug(s);
    }
    return;

no_cable:
    svnic_thread_stop(s);
    svnic_fault_exit(s);
no_thread:
    pcie_sriov_pf_exit(dev);
no_pm:
    svnic_host_fn_exit(&s->pf);
}

static void svnic_pci_exit(PCIDevice *dev)
{
    SvnicState *s = SVNIC(dev);

    if (s->cable) {
        svnic_cable_unplug(s->cable, s);
    } else if (svnic_netdev_present(s)) {
        svnic_netdev_unplug(s);
    }
    svnic_thread_stop(s);
    svnic_fault_exit(s);
    memory_region_transaction_begin();
    pcie_sriov_pf_exit(dev);
    memory_region_transaction_commit();
    svnic_host_fn_exit(&s->pf);
}

static void svnic_pci_instance_init(Object *obj)
{
    SvnicState *s = SVNIC(obj);

    object_property_add_uint64_ptr(obj, "x-hold-count", &s->hold.count,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(obj, "x-hold-late", &s->hold.late,
                                   OBJ_PROP_FLAG_READWRITE);
    object_property_add_uint64_ptr(obj, "x-hold-max-ns", &s->hold.max_ns,
                                   OBJ_PROP_FLAG_READWRITE);
    qemu_mutex_init(&s->dma_lock);
    qemu_mutex_init(&s->thread.lock);
    qemu_cond_init(&s->thread.cond_thread);
    qemu_cond_init(&s->thread.cond_bql);
}

/*
 * The core is freed here and not earlier, since a vCPU may have begun an access
 * to a register before the unplugging.
 */
static void svnic_pci_instance_finalize(Object *obj)
{
    SvnicState *s = SVNIC(obj);

    svnic_thread_finalize(s);
    svnic_core_free(s->core);
    qemu_mutex_destroy(&s->dma_lock);
}

static const VMStateDescription svnic_pci_vmstate = {
    .name = TYPE_SVNIC,
    .unmigratable = 1,
};

static const Property svnic_pci_properties[] = {
    DEFINE_NIC_PROPERTIES(SvnicState, conf),
    DEFINE_PROP_LINK("cable", SvnicState, cable, TYPE_SVNIC_CABLE,
                     SvnicCable *),
    DEFINE_PROP_UINT32("sriov_max_vfs", SvnicState, vf_max, SVNIC_VF_LIMIT),
    DEFINE_PROP_UINT32("queues", SvnicState, queues, 16),
    DEFINE_PROP_UINT32("vf_queues", SvnicState, vf_queues, 8),
    DEFINE_PROP_UINT32("mac_filters", SvnicState, mac_filters, 4096),
    DEFINE_PROP_UINT32("vlan_filters", SvnicState, vlan_filters, 4096),
    DEFINE_PROP_UINT32("flow_rules", SvnicState, flow_rules, 16384),
    DEFINE_PROP_UINT32("rss_contexts", SvnicState, rss_contexts, 2048),
    DEFINE_PROP_UINT32("speed", SvnicState, speed, 25000),
    DEFINE_PROP_STRING("serial", SvnicState, serial),
    /* Faults, for tests of drivers: svnic_fault.c, and constant faults */
    DEFINE_PROP_BOOL("x-faults", SvnicState, with_faults, false),
    DEFINE_PROP_UINT32("x-slow-ms", SvnicState, slow_ms, 0),
    DEFINE_PROP_BOOL("x-bad-version", SvnicState, bad_version, false),
    DEFINE_PROP_BOOL("x-small-bar", SvnicState, small_bar, false),
    DEFINE_PROP_BOOL("x-no-msix", SvnicState, no_msix, false),
    DEFINE_PROP_BOOL("x-gone", SvnicState, gone, false),
};

static void svnic_pci_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);

    pc->realize = svnic_pci_realize;
    pc->exit = svnic_pci_exit;
    pc->vendor_id = SVNIC_PCI_VENDOR_ID;
    pc->device_id = SVNIC_PCI_DEVICE_ID_PF;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    resettable_class_set_parent_phases(RESETTABLE_CLASS(class), NULL,
                                       svnic_pci_reset_hold, NULL,
                                       &SVNIC_CLASS(class)->parent_phases);
    dc->desc = "SV-NIC, self-virtualized network adapter";
    dc->vmsd = &svnic_pci_vmstate;
    device_class_set_props(dc, svnic_pci_properties);
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo svnic_pci_info = {
    .name = TYPE_SVNIC,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(SvnicState),
    .instance_init = svnic_pci_instance_init,
    .instance_finalize = svnic_pci_instance_finalize,
    .class_size = sizeof(SvnicClass),
    .class_init = svnic_pci_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void svnic_pci_register_types(void)
{
    type_register_static(&svnic_pci_info);
}

type_init(svnic_pci_register_types)
