# Prints what Vagrant reads in the Vagrantfile for each of the providers that are named: an object of JSON.
require "vagrant"
require "json"

# VMware's plugin is not in Debian; of its settings, the one table of a machine's file.
class VMware < Vagrant.plugin("2", :config)
  attr_accessor :vmx

  def initialize
    @vmx = {}
  end
end

class VMwareSettings < Vagrant.plugin("2")
  name "settings of VMware"
  config(:vmware_desktop, :provider) { VMware }
end

RESOURCES = {
  "virtualbox" => lambda do |settings|
    words = settings.customizations.to_h { |_, (_, _, option, value)| [option, value] }
    [words["--cpus"], words["--memory"]]
  end,
  "libvirt" => ->(settings) { [settings.cpus, settings.memory] },
  "vmware_desktop" => ->(settings) { settings.vmx.values_at("numvcpus", "memsize") },
}

vagrantfile = Vagrant::Environment.new(ui_class: Vagrant::UI::Silent).vagrantfile
read = ARGV.to_h do |provider|
  known = Vagrant.plugin("2").manager.provider_configs.key?(provider.to_sym)
  found = vagrantfile.machine_config(:default, provider.to_sym, nil, nil, false)
  config = found[:config]
  cpus, memory = RESOURCES[provider].call(config.vm.get_provider_config(provider.to_sym)).map(&:to_s) if known
  parts = config.vm.provisioners.map { |part| { name: part.name, path: part.config.path, args: part.config.args } }
  [provider, { known:, cpus:, memory:, box: config.vm.box, problems: found[:config_errors], parts: }]
end
puts JSON.generate(read)
