#include "commands/ca_prove_clients.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "ssmgate/text/shell_word.hpp"

namespace ssmgate::commands {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOpenssl = R"sh(
while read -r n host; do
  case $host in *[!0-9.]*) flag=-verify_hostname ;; *) flag=-verify_ip ;; esac
  chain=
  [ ! -s "$1/$n.chain.pem" ] || chain="-untrusted $n.chain.pem"
  if said=$(cd "$1" && openssl verify -no-CApath -no-CAstore -CAfile ca.pem $chain \
      -purpose sslserver "$flag" "$host" "$n.leaf.pem" 2>&1); then
    echo "$n accepted"
  else
    why=$(printf '%s\n' "$said" | sed -n 's/^error [0-9]* at [^:]*: *//p' | head -n 1)
    [ -z "$why" ] || echo "$n refused $why"
  fi
done <"$1/manifest"
)sh";

constexpr const char* kPython = R"py(
import ssl, sys
folder = sys.argv[1]
for line in open(folder + "/manifest"):
    number, host = line.split()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(f"{folder}/{number}.full.pem", f"{folder}/{number}.key.pem")
    client = ssl.create_default_context(cafile=folder + "/ca.pem")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [client.wrap_bio(to_client, to_server, server_hostname=host),
             server.wrap_bio(to_server, to_client, server_side=True)]
    said = "accepted"
    try:
        done = set()
        while len(done) < 2:
            for number_of_side, side in enumerate(sides):
                try:
                    side.do_handshake()
                    done.add(number_of_side)
                except ssl.SSLWantReadError:
                    pass
    except ssl.SSLCertVerificationError as error:
        said = "refused " + error.verify_message
    print(number, said)
)py";

constexpr const char* kNode = R"js(
const tls = require('tls'), fs = require('fs');
const folder = process.argv[2], read = (name) => fs.readFileSync(`${folder}/${name}`);
const attempt = (number, host) => new Promise((done) => {
  const server = tls.createServer({cert: read(`${number}.full.pem`), key: read(`${number}.key.pem`)});
  const end = (said) => { server.close(); done(`${number} ${said}`); };
  server.on('tlsClientError', () => {}).on('error', (e) => end(`failed ${e.message}`));
  server.listen(0, '127.0.0.1', () => {
    const name = /^[0-9.]+$/.test(host) ? {} : {servername: host};
    const client = tls.connect({host: '127.0.0.1', port: server.address().port,
                                ca: read('ca.pem'), ...name});
    client.on('secureConnect', () => { client.destroy(); end('accepted'); });
    client.on('error', (e) => { client.destroy(); end(`refused ${e.message}`); });
  });
});
(async () => {
  for (const line of read('manifest').toString().trim().split('\n')) {
    console.log(await attempt(...line.split(' ')));
  }
})();
)js";

constexpr const char* kGo = R"go(
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

func read(path string) (found []*x509.Certificate) {
	data, _ := os.ReadFile(path)
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return
		}
		if parsed, err := x509.ParseCertificate(block.Bytes); err == nil {
			found = append(found, parsed)
		}
	}
}

func pool(certificates []*x509.Certificate) *x509.CertPool {
	made := x509.NewCertPool()
	for _, each := range certificates {
		made.AddCert(each)
	}
	return made
}

func main() {
	folder := os.Args[1]
	manifest, _ := os.ReadFile(folder + "/manifest")
	for _, line := range strings.Split(strings.TrimSpace(string(manifest)), "\n") {
		words := strings.Fields(line)
		full := read(folder + "/" + words[0] + ".full.pem")
		_, err := full[0].Verify(x509.VerifyOptions{DNSName: words[1],
			Roots: pool(read(folder + "/ca.pem")), Intermediates: pool(full[1:])})
		if err == nil {
			fmt.Println(words[0], "accepted")
		} else {
			fmt.Println(words[0], "refused", strings.ReplaceAll(err.Error(), "\n", " "))
		}
	}
}
)go";

constexpr const char* kJava = R"java(
import java.io.*;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.*;
import java.util.*;
import javax.net.ssl.*;

public class Prove {
  static List<X509Certificate> read(Path file) throws Exception {
    List<X509Certificate> found = new ArrayList<>();
    try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(file))) {
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in))
        found.add((X509Certificate) each);
    }
    return found;
  }

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
    roots.load(null, null);
    int count = 0;
    for (X509Certificate root : read(folder.resolve("ca.pem")))
      roots.setCertificateEntry("root" + count++, root);
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(roots);
    X509TrustManager manager = (X509TrustManager) factory.getTrustManagers()[0];
    for (String line : Files.readAllLines(folder.resolve("manifest"))) {
      String number = line.split(" ")[0];
      X509Certificate[] chain =
          read(folder.resolve(number + ".full.pem")).toArray(new X509Certificate[0]);
      try {
        manager.checkServerTrusted(chain, "ECDHE_ECDSA");
        System.out.println(number + " accepted");
      } catch (CertificateException error) {
        System.out.println(number + " refused " + error.getMessage());
      }
    }
  }
}
)java";

struct ClosePipe {
  void operator()(std::FILE* pipe) const noexcept { ::pclose(pipe); }
};

}  // namespace

const std::vector<ProofClient>& proof_clients() {
  static const std::vector<ProofClient> kClients = {
      {"OpenSSL", "openssl", "prove.sh", kOpenssl, "sh", true},
      {"Python", "python3", "prove.py", kPython, "python3", true},
      {"Node", "node", "prove.cjs", kNode, "node", true},
      {"Go", "go", "prove.go", kGo, "go run", true},
      {"Java", "java", "Prove.java", kJava, "java", false},
  };
  return kClients;
}

bool is_installed(const std::string& command) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && ::access((fs::path(folder) / command).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::map<int, Verdict> ask_client(const ProofClient& client, const fs::path& folder) {
  const fs::path script = folder / client.file;
  std::ofstream(script) << client.script;
  const std::string command = client.run + " " + shell_word(script.string()) + " " +
                              shell_word(folder.string()) + " 2>/dev/null </dev/null";
  const std::unique_ptr<std::FILE, ClosePipe> pipe(::popen(command.c_str(), "re"));
  std::map<int, Verdict> verdicts;
  char line[1024];
  while (pipe != nullptr && std::fgets(line, sizeof line, pipe.get()) != nullptr) {
    std::istringstream words(line);
    int number = 0;
    std::string said;
    Verdict verdict;
    if (!(words >> number >> said)) continue;
    std::getline(words >> std::ws, verdict.why);
    verdict.accepted = said == "accepted";
    if (verdict.accepted || said == "refused") verdicts[number] = verdict;
  }
  return verdicts;
}

}  // namespace ssmgate::commands
