/// A library that is driven by the loop besides its descriptors.
public protocol LoopDriver: AnyObject {
    /// Does the work that has become due; called on the loop's thread before every wait.
    ///
    /// - Returns: how long the wait may last at most, nil for as long as nothing else happens.
    func turn() -> Duration?
}
