import Testing

@testable import Numbers

@Suite struct FormCacheTests {
  private let cache = FormCache()
  private let forms: [NumberForm]

  init() throws {
    forms = try BookFixture("A{serial:3}").book.forms(of: "shop")
  }

  @Test func keepsWhatWasAskedFor() {
    let (missing, mark) = cache.forms(of: "shop")
    #expect(missing == nil)
    cache.keep(forms, of: "shop", mark: mark)
    #expect(cache.forms(of: "shop").forms?.count == 1)
    #expect(cache.forms(of: "other").forms == nil)
  }

  @Test func forgetsWhatChanged() {
    cache.keep(forms, of: "shop", mark: cache.forms(of: "shop").mark)
    cache.forget("shop")
    #expect(cache.forms(of: "shop").forms == nil)
  }

  @Test func forgetsWhatWasFoundLast() {
    cache.keep(forms, of: "shop", mark: cache.forms(of: "shop").mark)
    #expect(cache.forms(of: "shop").forms?.count == 1)
    cache.forget("shop")
    #expect(cache.forms(of: "shop").forms == nil)
    cache.keep(forms + forms, of: "shop", mark: cache.forms(of: "shop").mark)
    #expect(cache.forms(of: "shop").forms?.count == 2)
    #expect(cache.forms(of: "other").forms == nil)
    #expect(cache.forms(of: "shop").forms?.count == 2)
  }

  @Test func doesNotKeepWhatWasAskedForBeforeAChange() {
    let (_, mark) = cache.forms(of: "shop")
    cache.forget("shop")
    cache.keep(forms, of: "shop", mark: mark)
    #expect(cache.forms(of: "shop").forms == nil)
  }
}
