// Package cloud is the state of the simulated cloud: every object that a simulated provider made and has not
// deleted yet.
//
// The state is one JSON file, readable and editable by a person. It is read again whenever it changed on disk, so that
// an edit from outside (a changed property, a removed object) is seen by the next call, and Pulumi's refresh shows it
// as drift. The file holds the fake secrets of the simulated cloud and is therefore readable by its owner only.
//
// A [Cloud] is safe for use by many goroutines of one process, which is what the engine's parallelism needs. Two
// processes that write the same file at the same time are not coordinated: Pulumi's own stack lock keeps them apart.
package cloud
