# `cmake --install build/release --prefix /usr`: the program, what it says of itself (manual pages,
# completions), the service, and examples. Configurations in /etc are an administrator's own.
include(GNUInstallDirs)

install(TARGETS ssmgate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The debugger's part of it stays in the build's folder.
install(CODE "
  execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug
    \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/ssmgate\"
    COMMAND_ERROR_IS_FATAL ANY)
")

# Made by the program that is installed, so that they say what it does.
set(SSMGATE_COMPLETIONS
  "bash:${CMAKE_INSTALL_DATADIR}/bash-completion/completions/ssmgate"
  "zsh:${CMAKE_INSTALL_DATADIR}/zsh/site-functions/_ssmgate"
  "fish:${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d/ssmgate.fish")
install(CODE "
  set(root \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
  set(program \"\${root}/${CMAKE_INSTALL_BINDIR}/ssmgate\")
  foreach(each ${SSMGATE_COMPLETIONS})
    string(REGEX MATCH \"^([^:]*):(.*)$\" each \"\${each}\")
    set(file \"\${root}/\${CMAKE_MATCH_2}\")
    cmake_path(GET file PARENT_PATH folder)
    file(MAKE_DIRECTORY \"\${folder}\")
    execute_process(COMMAND \"\${program}\" completion \${CMAKE_MATCH_1}
      OUTPUT_FILE \"\${file}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  file(MAKE_DIRECTORY \"\${root}/${CMAKE_INSTALL_MANDIR}/man1\")
  execute_process(COMMAND \"\${program}\" man --into \"\${root}/${CMAKE_INSTALL_MANDIR}/man1\"
    COMMAND_ERROR_IS_FATAL ANY)
")
install(FILES docs/man/ssmgate.yaml.5 docs/man/ssmgate-policy.5
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

# The unit starts the program where it was put.
install(CODE "
  file(READ \"${PROJECT_SOURCE_DIR}/conf/systemd/ssmgate.service\" unit)
  string(REPLACE \"/usr/bin/ssmgate\" \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/ssmgate\"
    unit \"\${unit}\")
  file(WRITE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/ssmgate.service\" \"\${unit}\")
")
install(FILES conf/systemd/ssmgate.socket DESTINATION lib/systemd/system)
install(FILES conf/sysusers/ssmgate.conf DESTINATION lib/sysusers.d)
install(DIRECTORY conf/policies conf/egress conf/grafana conf/prometheus
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES conf/ssmgate.yaml conf/starter-policy.yaml
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY conf/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/ssmgate)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN man EXCLUDE)
