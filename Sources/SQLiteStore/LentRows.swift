private import CSQLite

/// Rows in memory that statements read like a table while they are lent; a statement may name the table once.
///
/// One `INSERT … SELECT` over a thousand lent rows costs two thirds of a thousand inserts with bound values: nothing
/// is copied, and the indexes stay open.
public protocol LentRows: AnyObject {
    /// The name statements use; letters and underscores.
    static var table: StaticString { get }
    /// The names of the columns; letters and underscores.
    static var columns: [String] { get }
    /// Puts the values of a row into its cells, which hold those of the row before.
    func fill(_ cells: LentCells, row: Int)
}

/// The values of one row, by the position of their column.
///
/// Texts are not copied: their memory must keep its place and content until the next row is asked for, and the last
/// row's until the loan ends.
public struct LentCells {
    fileprivate let cells: UnsafeMutableBufferPointer<omni_cell>

    /// Sets a whole number, or NULL for nil.
    public func set(_ column: Int, _ number: Int?) {
        guard let number else { return clear(column) }
        cells[column].kind = Int32(OMNI_CELL_INTEGER.rawValue)
        cells[column].value.integer = Int64(number)
    }

    /// Sets a floating-point number, or NULL for nil.
    public func set(_ column: Int, _ number: Double?) {
        guard let number else { return clear(column) }
        cells[column].kind = Int32(OMNI_CELL_REAL.rawValue)
        cells[column].value.real = number
    }

    /// Sets 1 or 0.
    public func set(_ column: Int, _ flag: Bool) { set(column, flag ? 1 : 0) }

    /// Sets text, or NULL for nil.
    public func set(_ column: Int, text: UnsafeRawBufferPointer?) {
        guard let text else { return clear(column) }
        cells[column].kind = Int32(OMNI_CELL_TEXT.rawValue)
        cells[column].count = Int32(text.count)
        // SQLite takes a missing address for NULL.
        let start = text.baseAddress ?? UnsafeRawPointer(LentTable.emptyText.utf8Start)
        cells[column].value.text = start.assumingMemoryBound(to: CChar.self)
    }

    private func clear(_ column: Int) { cells[column].kind = Int32(OMNI_CELL_NULL.rawValue) }
}

extension Database {
    /// Lets statements read rows in memory as a table while `body` runs.
    ///
    /// - Parameters:
    ///   - rows: The rows; their table is empty outside of `body`.
    ///   - range: The part of them that the table has.
    ///   - body: Runs statements, which must be finished when it returns.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` threw.
    public func lend<Rows: LentRows, Result>(
        _ rows: Rows,
        _ range: Range<Int>,
        _ body: () throws -> Result
    ) throws -> Result {
        try lentTable(Rows.self).lend(rows, range, body)
    }

    private func lentTable<Rows: LentRows>(_: Rows.Type) throws(SQLiteError) -> LentTable {
        let name = "\(Rows.table)"
        if let table = lentTables[name] { return table }
        let table = LentTable(columns: Rows.columns)
        try check(omni_lent_define(handle, name, table.rows))
        lentTables[name] = table
        return table
    }
}

/// The memory behind the table of a connection; lives as long as the connection.
final class LentTable {
    fileprivate let rows: UnsafeMutablePointer<omni_lent_rows>
    private let declaration: UnsafeMutableBufferPointer<CChar>
    private let cells: UnsafeMutableBufferPointer<omni_cell>

    fileprivate static let emptyText: StaticString = ""

    init(columns: [String]) {
        let text = "CREATE TABLE lent(\(columns.map { "\"\($0)\"" }.joined(separator: ", ")))"
        declaration = .allocate(capacity: text.utf8.count + 1)
        _ = declaration.initialize(from: text.utf8.map { CChar(bitPattern: $0) } + [0])
        cells = .allocate(capacity: columns.count)
        cells.initialize(repeating: omni_cell())
        rows = .allocate(capacity: 1)
        rows.initialize(to: omni_lent_rows())
        rows.pointee.declaration = UnsafePointer(declaration.baseAddress)
        (rows.pointee.columns, rows.pointee.cells) = (Int32(columns.count), cells.baseAddress)
    }

    deinit {
        rows.deallocate()
        cells.deallocate()
        declaration.deallocate()
    }

    /// What `fill` below gets to see.
    private final class Loan {
        let rows: any LentRows
        let cells: LentCells

        init(_ rows: any LentRows, _ cells: LentCells) { (self.rows, self.cells) = (rows, cells) }
    }

    fileprivate func lend<Result>(
        _ lent: any LentRows,
        _ range: Range<Int>,
        _ body: () throws -> Result
    ) rethrows -> Result {
        let loan = Loan(lent, LentCells(cells: cells))
        rows.pointee.context = Unmanaged.passUnretained(loan).toOpaque()
        rows.pointee.fill = { context, row in
            guard let context else { return }
            let loan = Unmanaged<Loan>.fromOpaque(context).takeUnretainedValue()
            loan.rows.fill(loan.cells, row: Int(row))
        }
        (rows.pointee.first, rows.pointee.end) = (Int64(range.lowerBound), Int64(range.upperBound))
        defer {
            (rows.pointee.first, rows.pointee.end) = (0, 0)
            (rows.pointee.context, rows.pointee.fill) = (nil, nil)
        }
        return try withExtendedLifetime(loan, body)
    }
}
