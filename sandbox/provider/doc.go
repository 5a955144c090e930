// Package provider is the common base of the simulated resource providers: a package of resources and functions is
// declared as tables ([Package]), and [New] makes of it a provider that the Pulumi engine can use.
//
// What the base does, as the real (bridged Terraform) providers do it:
//
//   - Check refuses types and properties that the package does not have, missing and wrongly typed values, and what a
//     property's own checks refuse; each failure names type, property path, value (unless secret) and what is allowed.
//     Values that are not known in a preview pass. Defaults and automatic names are filled in, and listed in the
//     internal property __defaults.
//   - Diff compares the inputs per property with what the cloud answered, and says which change replaces the resource.
//     A resource whose name was given by the program and stays the same is deleted before it is replaced, because two
//     cannot have one name.
//   - Create, Update, Read and Delete work on the objects of a [cloud.Cloud], inside one transaction each, so that a
//     refused call changes nothing. In a preview nothing is called and computed outputs are unknown.
//   - Read compares with the cloud's state on disk: what was edited there comes back as changed inputs (drift), what
//     was removed as gone.
//   - Secret outputs are marked, and an output that echoes a secret input stays secret.
//
// A provider holds one configuration: the last one that the engine gave it. Serve two providers when a program needs
// two configurations of one package.
package provider
