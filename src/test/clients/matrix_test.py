"""The vendors' libraries against upstreams of each API: nobody can tell that the other one speaks another API."""

import unittest

import kit
from vendors import matrix
from vendors.with_python import CLIENTS, act


class MatrixTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vendors = matrix.Vendors()
        cls.addClassCleanup(cls.vendors.close)
        cls.gateway = kit.Gateway(upstreams=cls.vendors.upstreams(CLIENTS, ("python", "node", "java")))
        cls.addClassCleanup(cls.gateway.close)

    def holds(self, result):
        problems, played = result
        problems += self.vendors.complaints()
        self.assertFalse(problems, "\n".join(problems))
        self.assertEqual(len(CLIENTS) * len(matrix.MODELS) * len(matrix.SCENES), played)

    def test_python(self):
        self.holds(matrix.play(act(self.gateway.url, self.vendors), CLIENTS, "python"))

    def test_node(self):
        command = ["node", kit.ROOT / "src/test/npm/matrix.mjs"]
        self.holds(matrix.play_elsewhere(command, self.gateway.url, self.vendors, CLIENTS, "node"))

    def test_java(self):
        classes = f"{kit.BUILT / 'java'}:{(kit.BUILT / 'classpath').read_text()}"
        command = [kit.JAVA, "-XX:TieredStopAtLevel=1", "-cp", classes, "Matrix"]
        self.holds(matrix.play_elsewhere(command, self.gateway.url, self.vendors, CLIENTS, "java"))


if __name__ == "__main__":
    unittest.main()
