/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: a virtual function. QEMU creates all VFs together with the
 * PF; VF Enable only makes them visible.
 */
#include "qemu/osdep.h"
#include "qemu/range.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_sriov.h"
#include "migration/vmstate.h"

#include "svnic_qemu.h"

struct SvnicVF {
    PCIDevice parent_obj;

    SvnicFunction function;
};

/* Section 2.3: Table Size of MSI-X is that of the grant, which may be 0. */
static uint16_t svnic_vf_table_size(SvnicFunction *f)
{
    unsigned granted;

    svnic_thread_lock(f->nic);
    granted = svnic_core_granted(f->nic->core, f->fn);
    svnic_thread_unlock(f->nic);
    return MAX(granted, 1) - 1;
}

/* Replaces the bits @mask of register @reg by @bits in @val, read at @addr. */
static uint32_t svnic_vf_show(uint32_t val, uint32_t addr, uint32_t reg,
                              uint16_t mask, uint16_t bits)
{
    uint64_t show = bits, shown = mask;

    if (addr <= reg) {
        show <<= 8 * (reg - addr);
        shown <<= 8 * (reg - addr);
    } else {
        show >>= 8 * (addr - reg);
        shown >>= 8 * (addr - reg);
    }
    return (val & ~shown) | show;
}

/* Memory Space Enable reads as zero in a VF; VF MSE of the PF replaces it. */
static uint32_t svnic_vf_read_config(PCIDevice *dev, uint32_t addr, int len)
{
    SvnicFunction *f = &SVNIC_VF(dev)->function;
    uint32_t flags = dev->msix_cap + PCI_MSIX_FLAGS;
    uint32_t val = pci_default_read_config(dev, addr, len);

    if (dev->msix_cap && ranges_overlap(addr, len, flags, 2)) {
        val = svnic_vf_show(val, addr, flags, PCI_MSIX_FLAGS_QSIZE,
                            svnic_vf_table_size(f));
    }
    if (ranges_overlap(addr, len, PCI_COMMAND, 2)) {
        val = svnic_vf_show(val, addr, PCI_COMMAND, PCI_COMMAND_MEMORY, 0);
    }
    return val & MAKE_64BIT_MASK(0, 8 * len);
}

/*
 * QEMU maps a VF's BARs if this bit of its command register is set, and lets
 * the guest write it. Here the bit follows VF MSE.
 */
void svnic_vf_map(PCIDevice *dev, bool map)
{
    uint16_t command = pci_get_word(dev->config + PCI_COMMAND);

    command = map ? command | PCI_COMMAND_MEMORY :
                    command & ~PCI_COMMAND_MEMORY;
    pci_set_word(dev->config + PCI_COMMAND, command);
    pci_default_write_config(dev, PCI_COMMAND, command, sizeof(command));
}

static void svnic_vf_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                                  int len)
{
    svnic_host_fn_write_config(&SVNIC_VF(dev)->function, addr, val, len);
}

/*
 * Resets other than FLR come together with a reset of the PF, or with a change
 * of VF Enable. The code of the PF passes both to the core.
 */
static void svnic_vf_reset_hold(Object *obj, ResetType type)
{
    SvnicClass *class = SVNIC_VF_GET_CLASS(obj);
    SvnicFunction *f = &SVNIC_VF(obj)->function;

    if (class->parent_phases.hold) {
        class->parent_phases.hold(obj, type);
    }
    if (f->fn <= f->nic->num_vfs && svnic_host_fn_in_flr(f)) {
        svnic_host_fn_reset(f);
    }
}

static void svnic_vf_realize(PCIDevice *dev, Error **errp)
{
    SvnicState *s = SVNIC(pcie_sriov_get_pf(dev));
    SvnicFunction *f = &SVNIC_VF(dev)->function;

    /* The NIC must live as long as the function can be accessed. */
    f->nic = s;
    object_ref(OBJECT(s));
    dev->config_read = svnic_vf_read_config;
    dev->config_write = svnic_vf_write_config;
    pci_word_test_and_clear_mask(dev->wmask + PCI_COMMAND,
                                 PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    svnic_host_fn_realize(f, s, dev, SVNIC_VPORT_VF(pcie_sriov_vf_number(dev)),
                          errp);
}

static void svnic_vf_exit(PCIDevice *dev)
{
    SvnicFunction *f = &SVNIC_VF(dev)->function;

    /* If a slot is unplugged, VFs are removed while the PF still runs. */
    svnic_thread_lock(f->nic);
    svnic_host_fn_exit(f);
    svnic_thread_unlock(f->nic);
}

static void svnic_vf_instance_finalize(Object *obj)
{
    SvnicFunction *f = &SVNIC_VF(obj)->function;

    if (f->nic) {
        object_unref(OBJECT(f->nic));
    }
}

static const VMStateDescription svnic_vf_vmstate = {
    .name = TYPE_SVNIC_VF,
    .unmigratable = 1,
};

static void svnic_vf_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);

    pc->realize = svnic_vf_realize;
    pc->exit = svnic_vf_exit;
    pc->vendor_id = SVNIC_PCI_VENDOR_ID;
    pc->device_id = SVNIC_PCI_DEVICE_ID_VF;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    resettable_class_set_parent_phases(RESETTABLE_CLASS(class), NULL,
                                       svnic_vf_reset_hold, NULL,
                                       &SVNIC_VF_CLASS(class)->parent_phases);
    dc->desc = "SV-NIC virtual function";
    dc->vmsd = &svnic_vf_vmstate;
    dc->user_creatable = false;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo svnic_vf_info = {
    .name = TYPE_SVNIC_VF,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(SvnicVF),
    .instance_finalize = svnic_vf_instance_finalize,
    .class_size = sizeof(SvnicClass),
    .class_init = svnic_vf_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void svnic_vf_register_types(void)
{
    type_register_static(&svnic_vf_info);
}

type_init(svnic_vf_register_types)
