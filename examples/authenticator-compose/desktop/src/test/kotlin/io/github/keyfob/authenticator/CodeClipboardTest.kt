package io.github.keyfob.authenticator

import java.awt.datatransfer.Clipboard
import java.awt.datatransfer.DataFlavor
import java.awt.datatransfer.StringSelection
import kotlin.test.Test
import kotlin.test.assertEquals

class CodeClipboardTest {
    private val clipboard = Clipboard("of this test")
    private val due = mutableListOf<() -> Unit>()
    private val codes = CodeClipboard(clipboard, due::add)

    private val content get() = clipboard.getData(DataFlavor.stringFlavor)

    @Test
    fun `a copied code leaves the clipboard after a minute`() {
        codes.copy("287082")
        assertEquals("287082", content)
        due.single()()
        assertEquals("", content)
    }

    @Test
    fun `what was copied since stays in the clipboard`() {
        codes.copy("287082")
        clipboard.setContents(StringSelection("a letter"), null)
        due.single()()
        assertEquals("a letter", content)
    }
}
